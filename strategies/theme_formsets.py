"""Formsets of the strategy form: sections, and themes with their goals nested inside."""

from django import forms

from udsat.admin import ScopedFormSet, ScopedModelForm, ScopedStackedInline

from .models import Goal, Section, Theme


class GoalForm(ScopedModelForm):
    is_below = forms.BooleanField(label="Delmål af målet ovenfor", required=False)

    class Meta:
        widgets = {"text": forms.Textarea({"rows": 2})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["is_below"] = bool(self.instance.parent_id)


class GoalFormSet(ScopedFormSet):
    """Goals and subgoals of a theme as one list; each subgoal follows its goal."""

    def get_queryset(self):
        if not hasattr(self, "_queryset"):
            goals = list(super().get_queryset()) if self.instance.pk else []
            below = {}
            for goal in goals:
                below.setdefault(goal.parent_id, []).append(goal)
            self._queryset = [g for goal in below.get(None, []) for g in (goal, *below.get(goal.pk, []))]
        return self._queryset

    def add_fields(self, form, index):
        super().add_fields(form, index)
        if index is not None:
            # In the database goals and subgoals are each numbered from 1.
            form.initial["position"] = index + 1

    def kept_forms(self):
        """Return the forms that are not deleted, by their position."""
        kept = [f for f in self.forms if f not in self.deleted_forms and (f.instance.pk or f.has_changed())]
        return sorted(kept, key=lambda form: form.cleaned_data.get("position") or 0)

    def save(self, commit=True):
        deleted = [form.instance.pk for form in self.deleted_forms if form.instance.pk]
        # Subgoals of a deleted goal are kept as goals.
        Goal.objects.filter(parent__in=deleted).exclude(pk__in=deleted).update(parent=None)
        for form in self.initial_forms:
            if form.instance.parent_id in deleted:
                form.instance.parent = None
        saved = super().save(commit)
        last_top_level = None
        for position, form in enumerate(self.kept_forms(), 1):
            goal = form.instance
            parent = last_top_level if form.cleaned_data["is_below"] else None
            Goal.objects.filter(pk=goal.pk).update(position=position, parent=parent)
            last_top_level = parent or goal
        return saved


class NestedGoalInline(ScopedStackedInline):
    """Goals inside a theme. Not in `inlines` of any admin: `ThemeInline` passes its formset to `ThemeFormSet`."""

    model = Goal
    form = GoalForm
    formset = GoalFormSet
    fields = ["text", "is_below", "position"]
    extra = 1


class ThemeForm(ScopedModelForm):
    """A theme with the formset of its goals in `goals`."""

    goals = None

    def has_changed(self):
        # Goals alone make a theme: its title may be empty.
        return super().has_changed() or bool(self.goals and self.goals.has_changed())

    def is_valid(self):
        # The formset calls this for every form that is not deleted.
        return super().is_valid() and self.goals.is_valid()

    def show_saved_values(self):
        super().show_saved_values()
        for row in self.goals.initial_forms:
            row.show_saved_values()


class ThemeFormSet(ScopedFormSet):
    goal_formset = None  # set by ThemeInline.get_formset on the class for the request

    def add_fields(self, form, index):
        super().add_fields(form, index)
        form.goals = self.goal_formset(
            data=form.data if form.is_bound else None,
            files=form.files if form.is_bound else None,
            instance=form.instance,
            prefix=f"{form.prefix}-goals",
        )

    def save_new(self, form, commit=True):
        # The address that validation has made may be that of another new row with the same title.
        form.instance.slug = ""
        return super().save_new(form, commit)

    def save(self, commit=True):
        saved = super().save(commit)
        for form in self.forms:
            if form in self.deleted_forms or not form.instance.pk:
                continue
            form.goals.save(commit)
            self.new_objects += form.goals.new_objects
            self.changed_objects += form.goals.changed_objects
            self.deleted_objects += form.goals.deleted_objects
        return saved


class ThemeInline(ScopedStackedInline):
    model = Theme
    form = ThemeForm
    formset = ThemeFormSet
    template = "admin/strategies/themes.html"
    fieldsets = [
        (None, {"fields": ["title", "guiding_thread", "goal_lead_in", "position"]}),
        ("Mere om temaet", {"fields": ["body", "plain_text", "topics"], "classes": ["collapse"]}),
    ]
    show_change_link = True

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("topics", "goals")

    def get_formset(self, request, obj=None, **kwargs):
        formset = super().get_formset(request, obj, **kwargs)
        formset.goal_formset = NestedGoalInline(Theme, self.admin_site).get_formset(request)
        return formset

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        return super().formfield_for_manytomany(db_field, request, widget=forms.CheckboxSelectMultiple, **kwargs)


class SectionFormSet(ScopedFormSet):
    def clean(self):
        super().clean()
        kept = [f for f in self.forms if f not in self.deleted_forms and f.cleaned_data.get("kind")]
        visions = [form for form in kept if form.cleaned_data["kind"] == Section.Kind.VISION]
        for form in visions[1:]:
            form.add_error("kind", "En strategi har kun én vision.")


class SectionInline(ScopedStackedInline):
    model = Section
    formset = SectionFormSet
    fields = ["kind", "heading", "body", "signed_by", "film_url", "position"]
