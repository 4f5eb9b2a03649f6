from django.urls import path

from . import views

urlpatterns = [
    path("strategi/", views.current_strategy, name="current-strategy"),
    path("strategier/", views.strategy_list, name="strategies"),
    path("strategier/<slug:strategy>/", views.strategy, name="strategy"),
    path("strategier/<slug:strategy>/opfoelgning/", views.strategy_progress, name="strategy-progress"),
    path("strategier/<slug:strategy>/strategi.pdf", views.strategy_pdf, name="strategy-pdf"),
    path("strategier/<slug:strategy>/resume.pdf", views.summary_pdf, name="strategy-summary-pdf"),
    path("strategier/<slug:strategy>/versioner/<int:number>/", views.strategy_version, name="strategy-version"),
    path("strategier/<slug:strategy>/<slug:theme>/", views.theme, name="theme"),
]
