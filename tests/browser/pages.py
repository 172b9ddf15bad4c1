"""A page of each kind, and of each state that looks different: its address and its status."""

from pathways.curation.models import Status
from practices.models import Practice

WITHDRAWN = "canada-mexico-blma"

PAGES = {
    "home": ("/", 200),
    "practices": ("/practices/", 200),
    "practices, filtered": ("/practices/?country=MA&country=EG&theme=skills-development-and-training&q=skills", 200),
    "practices, none": ("/practices/?country=TV", 200),
    "practices, wrong": ("/practices/?country=ZZ&year_from=soon", 400),
    "practice with figures": ("/practices/palim/", 200),
    "practice with editions": ("/practices/mentor/", 200),
    "practice with many countries": ("/practices/promise/", 200),
    "practice with little": ("/practices/african-union-passports/", 200),
    "versions of a practice": ("/practices/palim/history/", 200),
    "practice withdrawn": (f"/practices/{WITHDRAWN}/", 410),
    "outcomes": ("/outcomes/", 200),
    "recommendations": ("/recommendations/", 200),
    "key messages": ("/key-messages/", 200),
    "outcome": ("/outcomes/budapest-process-legal-pathways-r-2/", 200),
    "versions of an outcome": ("/outcomes/budapest-process-legal-pathways-r-2/history/", 200),
    "meetings": ("/meetings/", 200),
    "meeting with participants": ("/meetings/budapest-process-legal-pathways-meeting-1/", 200),
    "meeting with sessions": ("/meetings/gcm-2017-thematic-session-6/", 200),
    "versions of a meeting": ("/meetings/gcm-2017-thematic-session-6/history/", 200),
    "countries": ("/countries/", 200),
    "countries, none": ("/countries/?q=atlantis", 200),
    "country": ("/countries/ma/", 200),
    "country with nothing": ("/countries/tv/", 200),
    "corridors": ("/corridors/", 200),
    "corridor": ("/corridors/ma-be/", 200),
    "themes": ("/themes/", 200),
    "theme": ("/themes/skills-recognition-and-certification/", 200),
    "organisations": ("/organisations/", 200),
    "organisation": ("/organisations/icmpd/", 200),
    "documents": ("/documents/", 200),
    "document": ("/documents/gfmd-2020-skilling-migrants-background-paper/", 200),
    "search": ("/search/?q=skills", 200),
    "search for nothing": ("/search/", 200),
    "coverage": ("/coverage/", 200),
    "map": ("/map/", 200),
    "timeline": ("/timeline/", 200),
    "timeline, nothing dated": ("/timeline/?country=TV", 200),
    "sectors": ("/sectors/", 200),
    "theme without practices": ("/themes/social-protection-and-portability/", 200),
    "comparison": ("/compare/?practice=palim&practice=mentor", 200),
    "suggest a practice": ("/suggest/", 200),
    "report an error": ("/practices/palim/suggest/", 200),
    "report an error in an outcome": ("/outcomes/budapest-process-legal-pathways-r-2/suggest/", 200),
    "report an error in a meeting": ("/meetings/budapest-process-legal-pathways-meeting-1/suggest/", 200),
    "about": ("/about/", 200),
    "privacy": ("/privacy/", 200),
    "API": ("/api/docs/", 200),
    "data": ("/data/", 200),
    "nothing there": ("/nowhere/", 404),
}


def withdraw():
    """Withdraw a practice, so that there is a page that says so."""
    assert Practice.objects.filter(slug=WITHDRAWN, published_on__isnull=False).update(status=Status.ARCHIVED)
