from django.urls import path, register_converter
from django.urls.converters import IntConverter

from .citizens.following import views as following
from .citizens.inputs import views as inputs
from .meetings.agenda.proposals import propose_item
from .meetings.approval.member_views import approve
from .meetings.invitations.member_views import answer_invitation
from .public import council_views, download_views, meeting_views


class YearConverter(IntConverter):
    regex = "[0-9]{4}"


register_converter(YearConverter, "year")

urlpatterns = [
    path("udsatteraad/", council_views.council_detail, name="council"),
    path("udsatteraad/plakat.pdf", download_views.council_poster, name="council-poster"),
    path("udsatteraad/medlemmer/", council_views.members, name="members"),
    path("udsatteraad/medlemmer/<int:person>/foto.jpg", council_views.photo, name="photo"),
    path("udsatteraad/maerkesager/", council_views.causes, name="causes"),
    path("udsatteraad/spoergsmaal/", council_views.answer_list, name="answers"),
    path("udsatteraad/dialog/", inputs.request_dialogue, name="book-dialogue"),
    path("skriv-til-raadet/", inputs.write, name="write"),
    path("skriv-til-raadet/<str:token>/", inputs.written, name="written"),
    path("moeder/", meeting_views.meeting_list, name="meetings"),
    path("moeder/<year:year>/", meeting_views.meeting_year, name="meetings-year"),
    path("moeder.ics", download_views.meetings_ics, name="meetings-ics"),
    path("moeder/<slug:slug>/", meeting_views.meeting_detail, name="meeting"),
    path("moeder/<slug:slug>/moede.ics", download_views.meeting_ics, name="meeting-ics"),
    path("moeder/<slug:slug>/dagsorden.pdf", download_views.agenda_pdf, name="agenda-pdf"),
    path("moeder/<slug:slug>/referat.pdf", download_views.minutes_pdf, name="minutes-pdf"),
    path("moeder/<slug:slug>/dagsorden/versioner/<int:number>/", meeting_views.agenda_version, name="agenda-version"),
    path("moeder/<slug:slug>/referat/versioner/<int:number>/", meeting_views.minutes_version, name="minutes-version"),
    path("moeder/<slug:slug>/plakat.pdf", download_views.meeting_poster, name="meeting-poster"),
    path("moeder/<slug:slug>/bilag/<int:attachment>/<str:filename>", download_views.attachment, name="attachment"),
    path("hoeringer/", council_views.hearing_list, name="hearings"),
    path("svar/<str:token>/", answer_invitation, name="answer-invitation"),
    path("foreslaa-punkt/<str:token>/", propose_item, name="propose-item"),
    path("godkend/<str:token>/", approve, name="approve"),
    path("nyt.atom", download_views.news_atom, name="news-feed"),
    path("foelg/", following.follow, name="follow"),
    path("nyt/", council_views.news_list, name="news"),
    path("nyt/<slug:slug>/", council_views.news_detail, name="news-story"),
]
