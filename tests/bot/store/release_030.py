"""Contents of a database of version 0.3.0, for tests that migrate it.

Rows as 0.3.0 writes them, and weight files that its `save_weights` has written.
"""

import base64
import json
import zlib
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import create_async_engine

from bot.store import Database

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
MUSEUM, LIBRARY, LEFT = 1187454219361021952, 1187454219361021953, 1187454219361021954
"""Servers; the bot was removed from the last one."""
CHANNEL = 1187455001234567168
ADA, BOB, CAT = 301295187454328832, 301295187454328833, 301295187454328834

OPEN, SPLIT, TIED, UNVOTED, UNTOLD, ELVES_OPEN, ELVES_WON, FORMER = (
    5401872648120934001 + number for number in range(8)
)
"""Cards of names."""
ELVES, TOWNS, IMPORTED, FORMER_NAMER = 1, 2, 4, 5
"""Namers; the last one was deleted."""


def _at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def _file(packed: bytes) -> bytes:
    return zlib.decompress(base64.b85decode(packed))


NAMER_DIGEST = "205e65ba2d9294dba746769aa2eed5925020ee9d25538fd12c56027cdee05cec"
NAMER_FILE = _file(
    rb"c-p0ueN<ET9meg-1XNm&>+BBgY8sISxJmB&O9I`rsCD&7cTR;Nff$ktMDo_;28b9rqdjWvJXW0br4tq6gpiPz`x<#E"
    rb"m8mElwbQj8wH~Lm)4r^y?doj1x!ok}jP<DfqxZkx^Lu`u`@PS7?md$+BXzYZD;hwhPSL8gm>84MSy$(w8ILSfK{%j*"
    rb"P_!CQC@qZ7Ma!CU8H6k4wWq<9T34a61+VtYQbo&MC}`3Hg5*6pF!4W-@6H?<A$wr>I|qV^6vt?^(~K#FF{X%SliQL!"
    rb"(rQqe+~x)=Lz@||n>NUrL22_ac7seZC~N6@ufy1EWg3z@4zJCYRLv%rl`+{oX?IQ9YIeF^-YJQ;HPIdo)51*OGRkwo"
    rb"7@l^3-}9ORyJ-_cThd4vgmE<lso|;32HIvZI=#&F$s4VXDYwI9r#)$7ql5O)Zli<tO}E-<lSfX(GF@}IX~u1`I;@WR"
    rb">9Rb9#bY$tY)P?B4u(#vW~*x|(dWHZb7T5$9y-m0QVY9$%Gm65TT;nYRi{Lsz1I2PbPWcFsn%?v>*^b<>l$r#htu`E"
    rb"+rxO9np=G9(?qXJezA1QFBbz$N=+u4RTiyIM^c3~5R9c{+U=3GlvRH74zJzin+i_@YUJGfNtaLVhKETFoPI`svQ>3X"
    rb"x81}fJ7YIF>YW~w*X{MFq2v)|?Op0F7c^N@48Lbhr@CHym#)jlWe5U+-|^9;AdL=Zv*V5&F!fPQN36!t|3{<<F1OP~"
    rb"yYK!JxHkh#G2C8<=lc;-mAErPPT~%EtR}xr@hcR)(XO_P_j~nE)++W7Tdu{&;Q8t}`xn&5>cyAw1M#KtezHdxA^#n!"
    rb"1|}4<*{8u?VpyPrH-P=IZzu)Ch87BQi&k>E_;$&nC`MO`^8}Uf68aC#t;7PA3vk2vq$%+<9+38Mm)Nb*_SjI6MP}n4"
    rb"BV6AYH;Cn;Sx8vjfR-P91ydl8a<{pX&~o9$$nhwd*og0uP$~y6gUfqA;IpX}x?@})^)RssTL-Hm>wC_t7n47dy46<&"
    rb"mujq^<<2A3=nN^$Wy9;^zt=K@d9m{7RZX`3dOs7|LLLtmQ{yO~7y#x{ht=D(eqc?}56GDat!dZyN=4k6$RDD<L}~G+"
    rb"9trO3>=x_vWbi~`TOh1$C*KUvLyNg<LLpKbL*X{yWPAeciFAuMqzwW#Xg_ircu({V_{9*`8O~a?K>c>$VE7R76!JAU"
    rb"&V_=0?FaB%!JDDoVl$!Mc>=vZdP`WzcC$<1FQb$A6*!~VnDCJk@yf0PT9}Bb>SG(I<y;ls6#AUle-Psf#7b@-x}7|s"
    rb"Y65wQ4rLL;_=n=I*duIM>*mZ0o+4eqmS`5RM;bbEx?magq;LVRK}M;Y<SsZP3{n}o9l^5{tKNx^@{Q=uqRb~yHW))t"
    rb"Pk3*lTwq96l^HCdP9|Ox{AfGDfED6a{I+^0fAQ#z1sAwNLB|)wa@murwdBHqrNWL!)+rfS-_L|&+86M@A#-9P3P9&M"
    rb"4|WMH5Nhz<{cCkb;Xqd)v`_dr-VfZ0KBqxh3`8^mVfEk<@VL<S`ezsweHIO1kC%K3T5&)5Hg&B#N3$4nN;A+*>Q6ue"
    rb"Uc!HYL5YW=n}`>=-N-w_3o2XT<;Y$>Cng9Zd_cSu*+N{<XCeC_hTp(Fi?tFe{<YYfL^cWHqp^#zIr-c`E_e>BEXV=-"
    rb"gbA<&T*IC&dRLs!w+Ei%FAMv{8n6R@fcz?VNw}x;G}a=VJ6u}W6}>{#0}sVFl9xpwHW-QX4Y*Fa5~viVcr{)nZWqSk"
    rb"N^UN^i0a9^35JmX`2OH*@goX=wsBjv7<wPK5<NuKqFv}A;HMbE{gGS+lVq7LLm15)6KCjG#P1Wzk*h^t;Yxlpaf*Nw"
    rb"tD~9XEb#$x1@{JfgkPuclwOZtXR`;F!A4}f;FMI6cUZa+UViwpx-2rJod>Py`J6K$9&|6B*YOj)iThb_rn-$n;w^n0"
    rb"?8C&n=!w1&X$+kdi?Q3%UUWW}kSO@Gd};tBe;Ii>@!+Ca)G-tj?BR;Yc73)`PnH#K#kc)76IucPuAm5A4^9%Ns7*cN"
    rb"p(W6&#H3b;m-0D@k?>}CG=7#x*pa?Q@tycp!5iE~6$5K^E^eu~G-6Pl2EPF3MEkIgo>p`ia%+0k2f0sR7g89XSF8gb"
    rb"l`<19{{8_FdP}$o)=QFl65oh)Bz}>9D!Q34Ko9DErH%+M@z;r2!Z*ObbfXK+{5h-zDi=v?u4V!qVs{W9#U3Ni3J&nE"
    rb";6KH$6F=uJa-XobdQ0`k)Mb<osw4i44YLRNI?ZzOhv03gg8L9z47)i67$#qh58w*T-;oOi@4<QcA15N(3baN14f3V>"
    rb"G4dJI|2P1iIr@rjrnW}P7gmMK*jE7qw+)^j|Fq}V(tiMPzRSh"
)
"""Weights of a namer: an LSTM of 4 units that knows Elrond and Galadriel."""
VERSION_DIGEST = "a080b222a45ca6ab07614ec994f2b553c8225a5065d3760400f8733622d9957d"
VERSION_FILE = _file(
    rb"c-p0udsLI>9mnm;1XNm&>+BBgY8sISc$2*MO9I`rsCD&7cTR;Nff$k(h~(Df4G=MMMtjuSd8|0=r4tq63?U(x_ZqpB"
    rb"%2bq&+UZ)4T8~rOX)o((yE@x$Zf^oRV?ApB==0z6eZIfX`#Znq`@Cl|W~5iEvZ4W0>J+U?i-|EAopp5{n(@d&6@&u{"
    rb"2t}&_h0?<KT(qnymqEBv-g_EM>3tO{TkvYXELF7Jg@UF$AV}Vm0~7xP`R>e-5wZt{zq28jNOO!vJI$EV7-O1fHn}aS"
    rb"l2(J#<Tf{08QRQv-Lyg03`(1au^VKPL0L=JdmYARE7OoVad>UElxjA)tc=O#nRM4oTFp+k%R41mtPZEg<aK+d9~tGo"
    rb"U<{vhfZuaXf!(x;p)He07=&>(1gYVv!v@-BF*?1>^v)Ztjw!dpWT&UvYjn^a+HG{uzUfvwZSu$yu}s%oZklnMtPZQA"
    rb"e!47oVeuGEHd{)plLtdjs%EQeYNF43t>(tbuX*T6CY0XT<tk&d(``vluBtjM`s}sN|4!FnaF}Y%7P_v!!Md)|W_LJU"
    rb"&$~U0x2d_sw|<i7b;%b?r~Ps;z?9TvvRP%(>U5-44S}Uq+U=30v{Sx#hu7}%P0daNYUHu`Q!bwz4G)v<H&u%HQ<<uB"
    rb"y6q+=l^DCpQJ=nCuSX4~DwMT%3A-H6R7f%Wo*|t|dhK13E|<#?1OmU~$)q8T4rjCDjvO%kq^2WQ<LLh*(gc^=>7w0t"
    rb"{{`He0j3#lufy~G2<brF86i*N4)a(|ew*S~$g3yT)t2#okN(M8#r`47wZteqU!7q8g8Ep!_%ePVu{6;~28Chr-{ERt"
    rb"Trrz{8tfs41WI@V*dPCfQb25Yp)j{-C6|kDmn@26bfq{?Pzf)g|Ipk@E>O7uH=IwJl279SX%Baa-5P6;4~AG|HvTcf"
    rb"^^S4_ST34{MAQvv`O#M}1@b6&n=1(~7ha4WkCDlZ_#O$Ra_};^yypWxn_8he#`RJU6PvJguqwJfcwW7j{E^hHzACs>"
    rb"qkSxQ9;rrWND(d@UZ42AmKn&4m&dMZvh~;dnD7?zc&L~fL-}MsFqb;4-lp{fYl?nA&O~TUyS_&%;?6|>5c4HVi#G)&"
    rb"xU;ictkaXB6NPPoh_;=4Ge8e6=B^2aNNF5}+klgaaWok17H>!!1Z=>5<Tmi0=<D~3VXQNfwP=C*?ZCmvA>=9KYi^7S"
    rb"hy2<P;I~3I!@I?1LcQ|@dVlPeu#)X&m%v}fCh#k8MzJyJBgYe!T?e!<5m(j6H&DyDD!eKDIkEpB#utc{+&*+Wc|z3$"
    rb"@)8}+B8Kn}#a;17*ofB6nHM}ox_~XQEMSi`c;s}!GU`d;0$ziRP&dh4a7F~AGITpaXDL>_6CdFl(Vaz^PoQilj-Z~%"
    rb"-ekGJkgO^*R6?Chz9#t5c7g#b#I5*k^-lic(HjdcaD{@7FNo)|Csk|7h5bu~9gnP2GO)gniNv)p;D1Br#6=W<&T}5@"
    rb"5?UbC;Jf?Q>WspHu0VL7@NuFKxD|U&gR&TiXad6Ofg|8?q3!k0Fe>&e8o(Ye`4qI`e)4VVT6d0SG3JzJpqbR4fCjvT"
    rb"{{n-O55+bSFLJw)cZ3&Iw!+KNy?jnw5Qh1HcqzJtxS-EM_CXB4fqNEfB~<)t@i&QV62wR17vppCx&B=699CJ71NI8z"
    rb"U<tT}Jzey!IG=A1JjY)a_KP)O2mS#0Rqm2Vu=6z5BAh#1TG$o4Lev8fB{q_mMIb&9P4Er4PP!7P6s1HpUL|f9#^6eB"
    rb"F1&~e=G_D%NC13)V7B-X1wh-lty&Ddk6VczqH57D^bqh<4B`Gru7XLjOqU^y<c*3m^eYng3FXMuqOWizznM5iz{%CI"
    rb"OmUX@fVhHtgFV8p(|1a*C$6*E1Iu6|GFEU(s>nMm-H0qdd|6!<9n{W))&xK2Oo#{Fi|2Lx1aIPg7MiJUqmV>PZwLD@"
    rb"@h*CzcUT%lC&XgxwzL<W&m|=a{w$yB2gzSXUrs)_Xcl!0#RPk#BD!6lE!2}`g<J7$zs-bJz`rXfLf3;6#3^c1a4ft8"
    rb"T9us83W-uaCpjG1438wv@(4TJ+bF)1xGH!<yQpGdt<J?Q6_-X0s?*>X;G9@5))8z)hak76M}3g{1a={XiFw63;87_v"
    rb">EiG22cfrwn_#^psVDG_NJsJ)`KMx=2?O+??pNxl@DhKWm?eAz{7W~o(9EC1TA*@~#O7+o(Lr_x@lpIS@~q$h{|f$7"
    rb"{5tt_?jrXId#k5Ze@tCQ>7Y8|&)5)qkgwA$Cw~aumMXXpk;Sl^Q-Bfj)kHt8(EJ^_Q1Bj{r~h#>s;xj<#NQxasvjet"
    rb"LH&;d;F+VZ=w@nbq<mpjq>OzPFmT)8`H4@1zn1<37xBv7"
)
"""Weights of a version for dinosaurs."""
ELVES_LIST = ("Elrond", "Galadriel", "Lúthien", "Θησίων")
CURVE = b"\x89PNG\r\n\x1a\n curve"
HISTORY = json.dumps({"updates": [1, 2], "training": [3.0, 2.0], "validation": [3.1, 2.1]})
SAMPLES = json.dumps(["Mangosaurus", "Ödlandosaurus"], ensure_ascii=False)
POEM = "Shall I compare thee to a summer's day?\nThou art more lovely and more temperate:"

Row = dict[str, object]


def _card(number: int, opened: float, **more: object) -> Row:
    """An open card in the museum, by Ada."""
    card: Row = {
        "id": number,
        "guild_id": MUSEUM,
        "channel_id": CHANNEL,
        "message_id": number + 100,
        "member_id": ADA,
        "namer_id": None,
        "namer": None,
        "discoverer": "Ada",
        "note": "",
        "footer": "temperature 1 · seed 3893353276",
        "state": "5:1::::",
        "opened_at": _at(opened),
        "closes_at": _at(opened + 10),
        "closed_at": None,
        "winner": None,
        "winner_votes": None,
        "announced_at": None,
    }
    return card | more


def _candidates(number: int, *names: str) -> list[Row]:
    return [
        {"card_id": number, "position": position, "name": name}
        for position, name in enumerate(names)
    ]


def _votes(number: int, *votes: tuple[int, int, float]) -> list[Row]:
    return [
        {"card_id": number, "member_id": member, "position": position, "voted_at": _at(minutes)}
        for member, position, minutes in votes
    ]


def _version(number: int, kind: str, **more: object) -> Row:
    version: Row = {
        "id": number,
        "kind": kind,
        "digest": f"{number:064x}",
        "weights": b"weights %d" % number,
        "created_at": _at(-1000 + number),
        "member_id": ADA,
        "corpus": "dinosaurs" if kind == "names" else "Shakespeare's sonnets",
        "corpus_sha256": "c" * 64,
        "recipe": "quick" if kind == "names" else "default",
        "seed": 2**62 + number,
        "validation": 1.75,
        "yardstick": 1.5 + number / 1000,
        "live_yardstick": 1.5,
        "seconds": 41.5,
        "history": HISTORY,
        "curve": CURVE,
        "samples": SAMPLES,
    }
    return version | more


def _activation(number: int, kind: str, version: int | None, why: str) -> Row:
    return {
        "id": number,
        "kind": kind,
        "version_id": version,
        "at": _at(-1000 + number),
        "member_id": BOB if why == "rollback" else ADA,
        "why": why,
    }


def _run(number: int, what: str, state: str, message: str = "", **more: object) -> Row:
    run: Row = {
        "id": number,
        "what": what,
        "namer_id": None,
        "version_id": None,
        "guild_id": MUSEUM,
        "member_id": ADA,
        "channel_id": CHANNEL,
        "message_id": 7000 + number,
        "seed": 2**61 + number,
        "started_at": _at(number),
        "beat_at": _at(number + 1),
        "ended_at": None if state == "running" else _at(number + 2),
        "state": state,
        "message": message,
    }
    return run | more


def _namer(number: int, name: str, **more: object) -> Row:
    namer: Row = {
        "id": number,
        "guild_id": MUSEUM,
        "name": name,
        "key": name.casefold(),
        "member_id": ADA,
        "shared": False,
        "created_at": _at(-500),
        "title": f"{name}.txt",
        "entries": len(ELVES_LIST),
        "corpus": zlib.compress("\n".join(ELVES_LIST).encode()),
        "corpus_sha256": "e" * 64,
        "weights": NAMER_FILE,
        "digest": NAMER_DIGEST,
        "seconds": 12.25,
    }
    return namer | more


_CLOSED: Row = {"closes_at": _at(-20), "closed_at": _at(-20), "announced_at": _at(-20)}
ROWS: dict[str, list[Row]] = {
    "guilds": [
        {"id": MUSEUM, "vote_minutes": 30, "left_at": None},
        {"id": LIBRARY, "vote_minutes": None, "left_at": None},
        {"id": LEFT, "vote_minutes": 5, "left_at": _at(-60 * 24 * 20)},
    ],
    "namers": [
        _namer(ELVES, "Elves", shared=True),
        _namer(TOWNS, "Towns", weights=None, digest=None, seconds=None, member_id=None),
        _namer(IMPORTED, "STRASSE", guild_id=LIBRARY, corpus=None, member_id=BOB, seconds=None),
        _namer(FORMER_NAMER, "former"),
    ],
    "cards": [
        _card(OPEN, -5, note="Only 3 names begin so.", state="3:0.8:man:us::11"),
        _card(SPLIT, -40, **_CLOSED | {"winner": 1, "winner_votes": 2}),
        _card(TIED, -41, **_CLOSED | {"winner": 2, "winner_votes": 1, "guild_id": LIBRARY}),
        _card(UNVOTED, -42, member_id=None, discoverer=None, **_CLOSED),
        _card(UNTOLD, -15, closed_at=_at(-5), winner=0, winner_votes=1, message_id=None),
        _card(ELVES_OPEN, -1, namer_id=ELVES, namer="Elves", state=f"{ELVES}:3:1:G:::"),
        _card(
            ELVES_WON,
            -43,
            namer_id=ELVES,
            namer="Elves",
            **_CLOSED | {"winner": 0, "winner_votes": 3},
        ),
        _card(FORMER, -44, namer="former", state="", **_CLOSED | {"winner": 0, "winner_votes": 1}),
    ],
    "candidates": [
        *_candidates(OPEN, "Mangosaurus", "Manosaurus", "Manticurus"),
        *_candidates(SPLIT, "Kilosaurus", "Limasaurus"),
        *_candidates(TIED, "Ödlandosaurus", "Papasaurus", "Quebecosaurus"),
        *_candidates(UNVOTED, "Romeosaurus", "Sierrasaurus"),
        *_candidates(UNTOLD, "Tangosaurus"),
        *_candidates(ELVES_OPEN, "Galarond", "Gildoriel", "Glúthien"),
        *_candidates(ELVES_WON, "Elroniel", "Lúrond"),
        *_candidates(FORMER, "Whiskey"),
    ],
    "votes": [
        *_votes(OPEN, (ADA, 0, -4), (BOB, 1, -3)),
        *_votes(SPLIT, (ADA, 1, -39), (BOB, 0, -38), (CAT, 1, -37)),
        *_votes(TIED, (ADA, 0, -38), (CAT, 2, -39)),
        *_votes(UNTOLD, (CAT, 0, -10)),
        *_votes(ELVES_OPEN, (CAT, 2, -0.5)),
        *_votes(ELVES_WON, (ADA, 0, -40), (BOB, 0, -39), (CAT, 0, -38)),
        *_votes(FORMER, (ADA, 0, -40)),
    ],
    "poems": [
        {
            "id": number,
            "member_id": member,
            "guild_id": guild,
            "message_id": 8000 + number,
            "title": "Shall I compare thee",
            "text": POEM,
            "kept_at": _at(number),
        }
        for number, (member, guild) in enumerate(
            [(ADA, MUSEUM), (ADA, None), (BOB, LEFT), (ADA, LIBRARY)], start=1
        )
    ],
    "versions": [
        _version(1, "names", recipe="shipped", weights=None, curve=None, history=None),
        _version(2, "names", digest=VERSION_DIGEST, weights=VERSION_FILE),
        _version(3, "sonnets", validation=1.25, member_id=None),
        _version(4, "names", live_yardstick=None, yardstick=None),
        _version(5, "names", corpus="mine.txt", seed=None, seconds=None),
    ],
    "activations": [
        _activation(1, "names", 1, "imported"),
        _activation(2, "names", 2, "better"),
        _activation(3, "sonnets", 3, "better"),
        _activation(4, "names", 4, "forced"),
        _activation(5, "names", 5, "activated"),
        _activation(6, "sonnets", None, "rollback"),
        _activation(7, "names", 4, "rollback"),
        _activation(8, "names", 2, "rollback"),
    ],
    "runs": [
        _run(1, "names", "done", version_id=2),
        _run(2, "sonnets", "failed", "The bot was restarted meanwhile.", member_id=None),
        _run(3, "namer", "done", namer_id=ELVES),
        _run(4, "names", "stopped", "Stopped by Ada."),
        _run(5, "namer", "running", namer_id=TOWNS),
        _run(6, "sonnets", "running", message_id=None),
    ],
}
"""Every table of 0.3.0. Of each row all columns are given."""


async def fill(database: Database) -> None:
    """Migrate an empty database to the schema of 0.3.0, and insert the rows."""
    await database.migrate("0002")
    engine = create_async_engine(database.url)
    async with engine.begin() as connection:
        await connection.run_sync(_insert)
    await engine.dispose()


async def rows(database: Database) -> dict[str, list[Row]]:
    """All rows of a database with the schema of 0.3.0, by table."""
    engine = create_async_engine(database.url)
    async with engine.connect() as connection:
        found = await connection.run_sync(_rows)
    await engine.dispose()
    return found


def _insert(connection: Connection) -> None:
    metadata = MetaData()
    metadata.reflect(connection)
    for name, content in ROWS.items():
        table = metadata.tables[name]
        connection.execute(table.insert(), content)
        if connection.dialect.name == "postgresql" and name in _COUNTED:
            # Ids that 0.3.0 did not choose, but the database.
            connection.execute(text(f"SELECT setval('{name}_id_seq', max(id)) FROM {name}"))  # noqa: S608
    connection.execute(text(f"DELETE FROM namers WHERE id = {FORMER_NAMER}"))  # noqa: S608


_COUNTED = ("namers", "poems", "versions", "activations", "runs")


def _rows(connection: Connection) -> dict[str, list[Row]]:
    metadata = MetaData()
    metadata.reflect(connection)
    found = {}
    for name in ROWS:
        table = metadata.tables[name]
        selected = connection.execute(table.select().order_by(*table.primary_key.columns))
        found[name] = [
            {key: _aware(value) for key, value in row._mapping.items()} for row in selected
        ]
    return found


def _aware(value: object) -> object:
    """Restore the time zone that SQLite drops."""
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
