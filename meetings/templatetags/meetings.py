from django import template

from meetings.dates import meeting_dates

register = template.Library()
register.filter("dates", meeting_dates)
