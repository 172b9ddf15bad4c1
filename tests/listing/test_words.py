"""What people type into a search box is understood the same on every database, and whatever it is, it is no error."""

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pathways.folding import fold
from pathways.listing.search import find
from pathways.listing.words import LONGEST_WORD, WORD, parse, plain
from practices.models import Practice
from tests import factories as make
from tests.reading import body, found

# What is given as a parameter of a test must not change, and the database keeps its rows from one example to the next.
ON_ONE_DATABASE = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30, derandomize=True
)


def wanted(text):
    return [(*part.words, "*") if part.prefix else part.words for part in parse(text).wanted]


def unwanted(text):
    return [part.words for part in parse(text).unwanted]


# The parser


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("   ", []),
        ("skills", [("skills",)]),
        ("  Skills   MOBILITY ", [("skills",), ("mobility",)]),
        ('"fair recruitment" visas', [("fair", "recruitment"), ("visas",)]),
        ('"Fair Recruitment', [("fair",), ("recruitment",)]),
        ('"', []),
        ('""', []),
        ('"""', []),
        ("moroc*", [("moroc", "*")]),
        ("*", []),
        ("***", []),
        ("-", []),
        ("--", []),
        ("- skills", [("skills",)]),
        ("pre-departure", [("pre", "departure")]),
        ("state_of_play", [("state", "of", "play")]),
        ("ma/be", [("ma", "be")]),
        ("(visas)", [("visas",)]),
        ("100%", [("100",)]),
        ("%", []),
        ("a:b^2", [("a", "b", "2")]),
        ("a + b", [("b",)]),
        ("skills\x00visas", [("skills", "visas")]),
        ("😀", []),
        ("visas 😀", [("visas",)]),
        ("التنقل", [("التنقل",)]),
        ("\u202eskills\u202c", [("skills",)]),
    ],
)
def test_words_phrases_and_beginnings(text, words):
    assert wanted(text) == words


def test_an_exclusion_is_a_word_or_a_phrase_after_a_minus():
    query = 'visas -students -"fair recruitment"'
    assert (wanted(query), unwanted(query)) == ([("visas",)], [("students",), ("fair", "recruitment")])


def test_little_words_count_for_nothing_beside_others():
    assert wanted("the recognition of skills") == [("recognition",), ("skills",)]


def test_a_question_of_nothing_but_little_words_is_taken_at_its_word():
    assert wanted("to be") == [("to",), ("be",)]


def test_little_words_within_a_phrase_and_beginnings_stay():
    assert wanted('"recognition of skills" of*') == [("recognition", "of", "skills"), ("of", "*")]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Côte", "cote"),
        ("TÜRKİYE", "turkiye"),
        ("Türkıye", "turkiye"),
        ("Malmø", "malmo"),
        ("Łódź", "lodz"),
        ("Straße", "strasse"),
        ("Þing", "thing"),
        ("ﬁnance", "finance"),
        ("labor", "labour"),
        ("Labors", "labours"),
        ("programs", "programmes"),
        ("organization", "organisation"),
        ("organizations", "organisations"),
        ("Recognized", "recognised"),
        ("recogniz", "recognis"),
        ("analyzing", "analysing"),
        ("size", "size"),
        ("prize", "prize"),
    ],
)
def test_one_spelling_for_each_word(text, word):
    assert wanted(text) == [(word,)]
    assert plain(text) == word


def test_apostrophes_of_either_form_are_alike():
    assert wanted("Côte d’Ivoire") == wanted("cote d'ivoire") == [("cote",), ("d", "ivoire")]


def test_no_word_is_longer_than_a_database_takes():
    assert wanted("x" * 5000) == [("x" * LONGEST_WORD,)]


def test_only_the_first_words_of_a_very_long_question_are_asked():
    assert len(wanted("skills " * 700)) == 20


@given(st.text(max_size=300))
def test_whatever_is_typed_only_folded_words_are_asked_for(text):
    query = parse(text)
    for part in (*query.wanted, *query.unwanted):
        for word in part.words:
            assert WORD.fullmatch(word)
            assert fold(word) == word


@given(st.text(max_size=300))
def test_plain_words_are_plain_already(text):
    assert plain(plain(text)) == plain(text)


# The databases


@pytest.fixture
def practices(db):
    make.country("CI", "Côte d’Ivoire")
    make.practice(
        slug="labour",
        title="Labour mobility and the recognition of skills",
        summary="Organisations recognise qualifications. Not near, or not at all.",
        countries=[("CI", "host")],
    )
    make.practice(slug="visas", title="Visas for students", summary="Policies and a “Schengen” visa. Türkiye, 100 %.")
    make.searchable()


@pytest.mark.parametrize(
    ("question", "slugs"),
    [
        ("labour", ["labour"]),
        ("LABOR", ["labour"]),
        ("organizations", ["labour"]),
        ("recognizing", ["labour"]),
        ("qualification", ["labour"]),
        ("recogniti*", ["labour"]),
        ("recogni*", ["labour"]),
        ("recogniti", ["labour"]),
        ("qualificatio", ["labour"]),
        ("polic*", ["visas"]),
        ("policy", ["visas"]),
        ("policies", ["visas"]),
        ("cote d'ivoire", ["labour"]),
        ("Cote d’Ivoire", ["labour"]),
        ("d'ivo", ["labour"]),
        ("turkiye", ["visas"]),
        ("TÜRKİYE", ["visas"]),
        ("schengen visas", ["visas"]),
        ('"labour mobility"', ["labour"]),
        ('"mobility labour"', []),
        ('"recognition of skills"', ["labour"]),
        ("skills visas", []),
        ("-labour visas", ["visas"]),
        ("visas -student", []),
        ('visas -"visas for students"', []),
        ('visas -"students for visas"', ["visas"]),
        ("visas -the", ["visas"]),
        ("the", ["labour"]),
        ("for", ["visas"]),
        ("what visas", []),
        ("labour AND mobility", ["labour"]),
        ("labour OR visas", []),
        ("labour NOT near", ["labour"]),
        ("NEAR(labour mobility)", []),
        ("(labour)", ["labour"]),
        ("100%", ["visas"]),
        ("100 %", ["visas"]),
        ("a:labour", []),
        ("title:labour", []),
        ('labour"', ["labour"]),
        ('"labour', ["labour"]),
        ("labour*mobility", ["labour"]),
        ("^labour", ["labour"]),
        ("labour'); DROP TABLE listing_searchentry; --", []),
        ("labour 😀", ["labour"]),
        ("\u202elabour\u202c", ["labour"]),
        ("-labour", []),
        ("😀", []),
        ("%", []),
        ("*", []),
        ('"', []),
        ("التنقل", []),
    ],
)
def test_every_database_finds_the_same(client, practices, question, slugs):
    ids = find(Practice, question).ids
    assert list(Practice.objects.filter(pk__in=list(ids)).order_by("slug").values_list("slug", flat=True)) == slugs
    response = client.get("/practices/", {"q": question})
    assert response.status_code == 200
    if slugs:
        assert all(f'href="/practices/{slug}/"' in body(response) for slug in slugs)
    assert client.get("/search/", {"q": question}).status_code == 200
    assert client.get("/search/suggest/", {"q": question}).status_code == 200


def test_an_arabic_word_is_found(client, db):
    make.practice(slug="arabic", title="برنامج التنقل", summary="Мобильность, 技能")
    make.searchable()
    for question in ("التنقل", "мобильность", "技能"):
        assert found(client, f"/practices/?q={question}") == ["arabic"]


@pytest.mark.parametrize(
    "question",
    ["x" * 5000, "skills " * 700, '"' * 5000, "\x00", "skills\x00", "-" * 201],
    ids=["one word", "many words", "quotes", "NUL", "a word and NUL", "dashes"],
)
def test_what_no_list_takes_is_refused_and_never_an_error(client, db, question):
    assert client.get("/practices/", {"q": question}).status_code == 400
    assert client.get("/practices.csv", {"q": question}).status_code == 400
    assert client.get("/search/", {"q": question}).status_code == 200
    assert client.get("/search/suggest/", {"q": question}).status_code == 200


def test_words_that_grow_when_they_are_folded_are_no_error(client, db):
    question = "\u3300" * 200
    assert client.get("/practices/", {"q": question}).status_code == 200
    assert client.get("/search/", {"q": question}).status_code == 200
    assert client.get("/search/suggest/", {"q": question}).status_code == 200


# What a database can keep: no NUL, no half of a pair.
STORED = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
SYNTAX = st.sampled_from(
    [*"\"*-+^:()|&!<>\\'%_{}[].,;~#@/$", " AND ", " OR ", " NOT ", " NEAR ", " the ", " labour ", " "]
)


@ON_ONE_DATABASE
@given(question=st.one_of(st.text(max_size=60), st.lists(SYNTAX, max_size=30).map("".join)))
def test_no_text_is_an_error(client, practices, question):
    expected = {200, 400} if len(question.strip()) > 200 or "\x00" in question else {200}
    assert client.get("/practices/", {"q": question}).status_code in expected
    assert client.get("/search/", {"q": question}).status_code == 200
    assert client.get("/search/suggest/", {"q": question}).status_code == 200
    assert connection.is_usable()


@ON_ONE_DATABASE
@given(words=st.lists(st.text(STORED, min_size=1, max_size=12), min_size=1, max_size=4))
def test_every_text_is_found_by_its_own_words(practices, words):
    """Through the index and back: what the parser makes of a text is found in an entry made of the same text."""
    text = " ".join(words)
    made = make.practice(title=f"Title {text}")
    make.searchable()
    question = " ".join(f'"{word}"' for word in plain(text).split())
    assert made.pk in find(Practice, f"title {question}").ids
    made.delete()
