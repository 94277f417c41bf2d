"""The table of blind readings."""

from tools.evaluation.readings import understood_table


def test_table() -> None:
    table = understood_table()
    assert table.rows[0] == ("poets of four centuries", "4.00", "100%", "95%", "39", "3")
    assert {len(row) for row in table.rows} == {len(table.columns)}
