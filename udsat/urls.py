from django.contrib import admin
from django.urls import include, path

from council.citizens.following import views as following

from .portal import compare, sitemap, statements, topics, views

urlpatterns = [
    path("", views.front, name="front"),
    path("kommuner/", views.municipalities, name="municipalities"),
    path("soeg/", views.search, name="search"),
    path("soeg/forslag/", views.search_suggestions, name="search-suggestions"),
    path("emner/", topics.topics, name="topics"),
    path("emner/<slug:slug>/", topics.topic, name="topic"),
    path("sammenlign/", compare.compare, name="compare"),
    path("foelg/", following.follow_topics, name="follow-topics"),
    path("foelg/mine/<str:token>/", following.subscriptions, name="subscriptions"),
    path("foelg/stop/<str:token>/", following.unsubscribe, name="unsubscribe"),
    path("om/", statements.about, name="about"),
    path("tilgaengelighed/", statements.accessibility, name="accessibility"),
    path("was", statements.was, name="was"),
    path("privatliv/", statements.privacy, name="privacy"),
    path("sitemap.xml", sitemap.sitemap, name="sitemap"),
    path("om/sitemap.xml", sitemap.portal_sitemap, name="sitemap-portal"),
    path("robots.txt", sitemap.robots, name="robots"),
    path("admin/", admin.site.urls),
    path("<slug:kommune>/", views.municipality, name="municipality"),
    path("<slug:kommune>/sitemap.xml", sitemap.municipality_sitemap, name="sitemap-municipality"),
    path("<slug:kommune>/", include("strategies.urls")),
    path("<slug:kommune>/", include("council.urls")),
]

handler403 = "udsat.portal.views.no_access"
handler404 = "udsat.portal.views.not_found"
handler500 = "udsat.portal.views.server_error"
