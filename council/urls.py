from django.urls import path

from .citizens.following import views as following
from .citizens.inputs import views as inputs
from .meetings.agenda.proposals import propose_item
from .meetings.approval.member_views import approve
from .meetings.invitations.member_views import answer_invitation
from .public import views

urlpatterns = [
    path("udsatteraad/", views.council, name="council"),
    path("udsatteraad/plakat.pdf", views.council_poster, name="council-poster"),
    path("udsatteraad/medlemmer/", views.members, name="members"),
    path("udsatteraad/medlemmer/<int:person>/foto.jpg", views.photo, name="photo"),
    path("udsatteraad/maerkesager/", views.causes, name="causes"),
    path("udsatteraad/spoergsmaal/", views.answers, name="answers"),
    path("udsatteraad/dialog/", inputs.book, name="book-dialogue"),
    path("skriv-til-raadet/", inputs.write, name="write"),
    path("skriv-til-raadet/<str:token>/", inputs.written, name="written"),
    path("moeder/", views.meetings, name="meetings"),
    path("moeder.ics", views.meetings_ics, name="meetings-ics"),
    path("moeder/<slug:meeting>/", views.meeting, name="meeting"),
    path("moeder/<slug:meeting>/moede.ics", views.meeting_ics, name="meeting-ics"),
    path("moeder/<slug:meeting>/dagsorden.pdf", views.agenda_pdf, name="agenda-pdf"),
    path("moeder/<slug:meeting>/referat.pdf", views.minutes_pdf, name="minutes-pdf"),
    path("moeder/<slug:meeting>/plakat.pdf", views.meeting_poster, name="meeting-poster"),
    path("moeder/<slug:meeting>/bilag/<int:attachment>/<str:filename>", views.attachment, name="attachment"),
    path("hoeringer/", views.hearings, name="hearings"),
    path("svar/<str:token>/", answer_invitation, name="answer-invitation"),
    path("foreslaa-punkt/<str:token>/", propose_item, name="propose-item"),
    path("godkend/<str:token>/", approve, name="approve"),
    path("nyt.atom", views.news_atom, name="news-feed"),
    path("foelg/", following.follow, name="follow"),
    path("nyt/", views.news_list, name="news"),
    path("nyt/<slug:story>/", views.news_story, name="news-story"),
]
