"""Sentences for the errors by which features refuse a request."""

from bot.chat.errors import Explanations
from bot.chat.message import verbatim
from bot.chat.translation import _
from bot.names.line_dissection import explain_letters, explain_long_line
from bot.names.problems import explain_error
from bot.verse.sonnet import explain_no_line
from data.corpora import CorpusError
from models.names.constrained.problems import NamesError
from models.verse.dissection import LineTooLong, NoWordNetwork
from models.verse.poem import NoLineFound

EXPLANATIONS: Explanations = {
    NamesError: explain_error,
    NoLineFound: explain_no_line,
    LineTooLong: explain_long_line,
    NoWordNetwork: explain_letters,
    CorpusError: lambda error: verbatim(error.translated(_)),
}
