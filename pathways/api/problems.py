"""Errors as problem documents (RFC 9457): what went wrong, and which parameter and value it was."""

from http import HTTPStatus

from django.http import HttpResponseServerError, JsonResponse
from django.template import loader
from django.utils.translation import gettext as _
from django.views import defaults
from rest_framework import exceptions, serializers
from rest_framework.response import Response
from rest_framework.views import exception_handler

from pathways.site.views import home

MEDIA_TYPE = "application/problem+json"
PREFIX = "/api/v1/"


class WrongParameters(exceptions.APIException):
    """Parameters that were given wrongly: ``problems`` says which, with their values and what is allowed."""

    status_code = 400

    def __init__(self, problems):
        super().__init__(" ".join(f"{problem.parameter}: {problem.message}" for problem in problems))
        self.members = {"errors": [problem._asdict() for problem in problems]}


class Gone(exceptions.APIException):
    """A record that was withdrawn; ``replacement`` is its id and its addresses, if there is one."""

    status_code = 410

    def __init__(self, replacement=None):
        replaced = _("It was withdrawn and replaced by “%s”.") % replacement["id"] if replacement else None
        super().__init__(replaced or _("It was withdrawn, and nothing replaced it."))
        self.members = {"replaced_by": replacement}


def document(status, detail, **members):
    """Return the content of a problem document."""
    title = HTTPStatus(status).phrase
    return {"type": "about:blank", "title": title, "status": status, "detail": str(detail), **members}


def as_problem(exception, context):
    """Answer an exception of a view with a problem document; the handler of the REST framework's exceptions."""
    response = exception_handler(exception, context)
    if response is None:
        return None
    detail = getattr(exception, "detail", None) or str(exception) or _("There is nothing at this address.")
    members = getattr(exception, "members", {})
    headers = {name: response[name] for name in ("Retry-After",) if name in response}
    content = document(response.status_code, detail, **members)
    return Response(content, status=response.status_code, headers=headers, content_type=MEDIA_TYPE)


def plain(status, detail, **members):
    """Return a problem document as a response of Django's own."""
    return JsonResponse(document(status, detail, **members), status=status, content_type=MEDIA_TYPE)


# What answers where no view does


def bad_request(request, exception):
    if request.path.startswith(PREFIX):
        return plain(400, _("The request cannot be understood."))
    return defaults.bad_request(request, exception)


def not_found(request, exception):
    if request.path.startswith(PREFIX):
        return plain(404, _("There is nothing at this address."))
    return home.not_found(request, exception)


def server_error(request):
    """Say that it was our doing, with the id by which the log tells what it was; nothing is looked up for it."""
    number = getattr(request, "request_id", "")
    if request.path.startswith(PREFIX):
        return plain(500, _("Something went wrong here. It has been recorded."), request=number)
    return HttpResponseServerError(loader.get_template("500.html").render({"request_id": number}))


# Its description


class WrongParameterSerializer(serializers.Serializer):
    """A parameter that was given wrongly."""

    parameter = serializers.CharField()
    value = serializers.CharField(help_text="As it was given.")
    message = serializers.CharField(help_text="What is wrong with it, and what is allowed.")


class ProblemSerializer(serializers.Serializer):
    """What went wrong (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()


class WrongParametersSerializer(ProblemSerializer):
    """Which parameters were given wrongly (RFC 9457)."""

    errors = WrongParameterSerializer(many=True)


class ReplacementSerializer(serializers.Serializer):
    """The record that replaced one that was withdrawn."""

    id = serializers.CharField()
    url = serializers.CharField(help_text="Its page.")
    api = serializers.CharField(help_text="Its address in the API.")


class GoneSerializer(ProblemSerializer):
    """What was withdrawn after it had been public, and what replaced it (RFC 9457)."""

    replaced_by = ReplacementSerializer(allow_null=True)
