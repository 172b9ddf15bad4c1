"""Home, themes, organisations, documents, and what every page has in common."""

import re

import pytest
from django.utils import timezone
from django.utils.formats import date_format

from practices.models import Citation
from tests import factories as make
from tests.operations.expected_headers import POLICY
from tests.reading import body, count, exported, found, is_harmless, says

pytestmark = pytest.mark.django_db


# Home


def test_home_counts_what_there_is_and_leads_to_it(client):
    make.practice(countries=[("MA", "host")], themes=["free-movement"])
    make.practice(countries=[("MA", "host")])
    make.meeting()
    make.outcome()
    make.outcome(kind="key-message")
    make.outcome(kind="finding")
    page = body(client.get("/"))
    tiles = re.findall(r'href="([^"]+)"><span class="num">(\d+)</span>', page)
    assert tiles == [
        ("/practices/", "2"),
        ("/recommendations/", "1"),
        ("/key-messages/", "1"),
        ("/outcomes/", "3"),
        ("/meetings/", "1"),
        ("/documents/", "1"),
    ]
    assert 'href="/countries/ma/"' in page
    assert 'href="/themes/free-movement/"' in page


def test_home_does_not_name_countries_that_no_practice_has(client):
    make.country("TV", "Tuvalu")
    make.practice(countries=[("MA", "concerned")])
    page = body(client.get("/"))
    assert "/countries/tv/" not in page
    assert "/countries/ma/" not in page


def test_an_empty_knowledge_base_has_its_pages(client):
    for address in (
        "/",
        "/practices/",
        "/outcomes/",
        "/recommendations/",
        "/key-messages/",
        "/meetings/",
        "/countries/",
        "/themes/",
        "/sectors/",
        "/timeline/",
        "/organisations/",
        "/documents/",
        "/about/",
    ):
        response = client.get(address)
        assert response.status_code == 200, address
        assert is_harmless(body(response)), address


# Themes


def test_a_theme_shows_its_practices_and_outcomes(client):
    make.theme("free-movement", "Free movement", description="Moving without a visa.").gcm_objectives.add(
        make.objective(5)
    )
    make.practice(slug="protocol", title="Protocol", themes=["free-movement"])
    make.practice(slug="other", title="Other thing")
    make.outcome(slug="r-1", heading="Abolish visas", themes=["free-movement"], locator="III.b, 8")
    page = body(client.get("/themes/free-movement/"))
    assert says(page, "Free movement", "Moving without a visa.", "5. Objective 5")
    assert says(page, "Abolish visas", "III.b, 8")
    assert 'href="/practices/protocol/"' in page
    assert "/practices/other/" not in page


def test_the_counts_of_the_themes_are_what_their_links_find(client):
    make.practice(themes=["free-movement", "return-and-reintegration"])
    make.practice(themes=["free-movement"])
    make.outcome(themes=["free-movement"])
    make.outcome(kind="challenge", themes=["free-movement"])
    page = body(client.get("/themes/"))
    links = re.findall(r'<a href="(/(?:practices|outcomes)/\?[^"]+)">\s*(\d+)\s*</a>', page)
    assert ("/practices/?theme=free-movement", "2") in links
    for address, number in links:
        assert len(found(client, address.replace("&amp;", "&"))) == int(number), address


def test_the_brief_on_a_theme_has_numbers_first_and_its_sources_and_date_for_paper(client):
    meeting_paper, other_paper = make.document("a", "A paper"), make.document("b", "B paper")
    practice = make.practice(title="Protocol", themes=["free-movement"], start_year=2019, cited=False)
    Citation.objects.create(practice=practice, document=other_paper, locator="1")
    Citation.objects.create(practice=practice, document=other_paper, locator="2")
    answered = make.outcome(heading="Answered", themes=["free-movement"], document=meeting_paper)
    make.outcome(heading="Open", themes=["free-movement"], document=meeting_paper)
    make.outcome(heading="Visas", kind="challenge", themes=["free-movement"], document=meeting_paper)
    make.response(practice, answered)
    page = body(client.get("/themes/free-movement/"))
    assert says(page, "1 practice", "2 recommendations", "1 challenge", "1 not answered by any practice", "Protocol")
    assert says(page, "Protocol, 2019 [2]", "Recommendations (2)", "Answered [1]", "Open [1]", "No practice answers it")
    assert page.count("No practice answers it") == 1
    assert says(page, "Challenges (1)", "Visas", "Opportunities (0)", "None in the documents read so far")
    assert says(page, "Sources", "A paper", "http://testserver/documents/a/", "B paper")
    assert says(page, f"Brief of {date_format(timezone.localdate(), 'j F Y')}")
    assert '<span class="print-only address">/practices/' in page


def test_a_theme_without_anything_has_a_brief_that_says_so(client):
    make.theme("free-movement", "Free movement")
    page = body(client.get("/themes/free-movement/"))
    assert says(page, "0 practices", "0 recommendations", "No practice is known for it yet.")
    assert 'class="sources"' not in page
    assert is_harmless(page)


def test_sectors_count_their_parts_and_name_those_without_practices(client):
    health = make.sector("health", "Health", isic="Q")
    make.sector("mining", "Mining", isic="B")
    make.practice().sectors.add(make.sector("nursing", "Nursing", isic="Q", parent=health))
    make.practice().sectors.add(health)
    make.practice()
    page = body(client.get("/sectors/"))
    assert says(page, "2 practices are of a sector. 1 more has none", "Health", "2", "of these:", "Nursing", "1")
    assert says(page, "No practice is of these sections: Mining.")


def test_a_theme_that_does_not_exist_is_not_found(client):
    assert client.get("/themes/no-such-theme/").status_code == 404


# Organisations


def test_an_organisation_shows_where_it_appears_in_each_role(client):
    ilo = make.organisation("ilo", "International Labour Organization", acronym="ILO", other_names="ILO Geneva")
    make.document("paper", "Paper", publisher=ilo)
    make.practice(title="Led", organisations=[("ilo", "lead")])
    make.practice(title="Paid", organisations=[("ilo", "donor")])
    meeting = make.meeting(title="Workshop")
    make.participation(meeting, organisation=ilo, role="presenter")
    page = body(client.get("/organisations/ilo/"))
    assert says(page, "International Labour Organization (ILO)", "2 practices", "ILO Geneva")
    assert says(page, "Donor (1)", "Paid", "Lead (1)", "Led")
    assert says(page, "Meetings it attended", "Workshop", "presenter")
    assert says(page, "Documents it published", "Paper")
    assert len(found(client, "/practices/?organisation=ilo")) == 2


def test_the_list_of_organisations_holds_those_that_records_name(client):
    make.practice(organisations=[("ilo", "lead")])
    make.organisation("unused", "Unused")
    page = body(client.get("/organisations/"))
    assert count(page) == 1
    assert 'href="/organisations/ilo/"' in page


# Documents


def test_a_document_shows_what_was_drawn_from_it_and_where_it_stands(client):
    paper = make.document("paper", "Background paper", standing="draft", date_as_given="2020")
    paper.meeting_rows.create(meeting=make.meeting(title="Round table"), relation="prepares")
    practice = make.practice(title="PALIM", cited=False)
    Citation.objects.create(practice=practice, document=paper, locator="footnote 15", printed_as="Partnership")
    Citation.objects.create(practice=practice, document=paper, locator="Annex 1, §5, ICMPD", position=2)
    make.outcome(heading="Later", document=paper, kind="finding", position=2)
    make.outcome(heading="Sooner", document=paper, kind="finding", position=1, locator="Part II, finding 1")
    page = body(client.get("/documents/paper/"))
    assert says(page, "Background paper", "draft", "2020", "Prepares", "Round table")
    assert says(page, "Sooner", "Part II, finding 1", "Later")
    assert says(page, "Practices printed in it", "PALIM", "footnote 15", "Partnership", "Annex 1, §5, ICMPD")
    assert says(body(client.get("/documents/")), "Background paper", "1 practice", "2 outcomes")


# What every page has


def test_until_a_licence_is_set_pages_and_exports_say_that_none_has_been_granted(client):
    assert says(body(client.get("/")), "No licence has been granted for the data yet.")
    assert says(body(client.get("/about/")), "Licence", "No licence has been granted for the data yet.")
    assert '<http://testserver/about/#licence>; rel="license"' in client.get("/practices.csv").headers["Link"]


def test_a_licence_that_is_set_is_named_on_pages_and_in_exports(client, settings):
    settings.DATA_LICENCE = "CC BY 4.0"
    settings.DATA_LICENCE_URL = "https://creativecommons.org/licenses/by/4.0/"
    for address in ("/", "/about/", "/practices/"):
        page = body(client.get(address))
        assert '<a href="https://creativecommons.org/licenses/by/4.0/" rel="license">CC BY 4.0</a>' in page
        assert "No licence" not in page
    for address in ("/practices.csv", "/outcomes.csv", "/meetings.csv", "/countries.csv"):
        link = client.get(address).headers["Link"]
        assert '<https://creativecommons.org/licenses/by/4.0/>; rel="license"' in link


def test_a_licence_without_an_address_is_named(client, settings):
    settings.DATA_LICENCE = "All rights reserved"
    assert says(body(client.get("/")), "Licence of the data: All rights reserved.")


def test_permanent_addresses_are_those_of_the_settings_on_pages_and_in_exports(client, settings):
    make.practice(slug="palim")
    assert says(body(client.get("/practices/palim/")), "http://testserver/practices/palim/")
    settings.SITE_URL = "https://pathways.example.org"
    assert says(body(client.get("/practices/palim/")), "https://pathways.example.org/practices/palim/")
    assert exported(client, "/practices/")[0]["url"] == "https://pathways.example.org/practices/palim/"


@pytest.mark.parametrize(
    "address", ["/", "/practices/", "/practices/?country=ZZ", "/practices.csv", "/no-such-page/", "/about/", "/healthz"]
)
def test_every_answer_has_the_strict_policy(client, address):
    headers = client.get(address).headers
    assert {part.strip() for part in headers["Content-Security-Policy"].split(";")} == POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"


def test_reading_sets_no_cookie_and_depends_on_none(client):
    make.practice(slug="palim")
    for address in ("/", "/practices/", "/practices/palim/", "/practices.csv", "/countries/"):
        response = client.get(address, headers={"Accept-Language": "fr"})
        assert not response.cookies, address
        assert "Cookie" not in response.headers.get("Vary", ""), address


def test_an_address_with_nothing_at_it_says_what_to_do_next(client):
    response = client.get("/no-such-page/")
    assert response.status_code == 404
    assert says(body(response), "There is nothing at this address", "All practices")
    assert is_harmless(body(response))


def test_an_address_without_its_last_slash_leads_to_the_page(client):
    response = client.get("/practices")
    assert (response.status_code, response.headers["Location"]) == (301, "/practices/")
