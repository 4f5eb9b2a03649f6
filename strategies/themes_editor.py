"""A whole strategy on one page: its themes as rows, and inside each theme its goals as rows."""

from django import forms

from udsat.admin import ScopedFormSet, ScopedRow, ScopedStackedInline

from .models import Goal, Section, Theme


class GoalRow(ScopedRow):
    is_below = forms.BooleanField(label="Delmål af målet ovenfor", required=False)

    class Meta:
        widgets = {"text": forms.Textarea({"rows": 2})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["is_below"] = bool(self.instance.parent_id)


class GoalFormSet(ScopedFormSet):
    """The goals of one theme in reading order. The two layers are one list; a goal below follows the one above it."""

    def get_queryset(self):
        if not hasattr(self, "_queryset"):
            goals = list(super().get_queryset()) if self.instance.pk else []
            below = {}
            for goal in goals:
                below.setdefault(goal.parent_id, []).append(goal)
            self._queryset = [g for top in below.get(None, []) for g in (top, *below.get(top.pk, []))]
        return self._queryset

    def add_fields(self, form, index):
        super().add_fields(form, index)
        if index is not None:
            # Both layers count from 1 in the database; here they are one list.
            form.initial["position"] = index + 1

    def kept_forms(self):
        """Rows that stay, in the order they were put."""
        kept = [f for f in self.forms if f not in self.deleted_forms and (f.instance.pk or f.has_changed())]
        return sorted(kept, key=lambda form: form.cleaned_data.get("position") or 0)

    def save(self, commit=True):
        gone = [form.instance.pk for form in self.deleted_forms if form.instance.pk]
        # What lay below a goal that is removed is not removed with it.
        Goal.objects.filter(parent__in=gone).exclude(pk__in=gone).update(parent=None)
        for form in self.initial_forms:
            if form.instance.parent_id in gone:
                form.instance.parent = None
        saved = super().save(commit)
        top = None
        for position, form in enumerate(self.kept_forms(), 1):
            goal = form.instance
            parent = top if form.cleaned_data["is_below"] else None
            Goal.objects.filter(pk=goal.pk).update(position=position, parent=parent)
            top = parent or goal
        return saved


class GoalInline(ScopedStackedInline):
    """Never shown by the admin itself: `ThemeFormSet` puts it inside each theme."""

    model = Goal
    form = GoalRow
    formset = GoalFormSet
    fields = ["text", "is_below", "position"]
    extra = 1


class ThemeRow(ScopedRow):
    """A theme and, in `goals`, the formset of its goals."""

    goals = None

    def has_changed(self):
        # A group of goals needs no heading of its own.
        return super().has_changed() or bool(self.goals and self.goals.has_changed())

    def is_valid(self):
        # Asked by the formset of every row that is not removed.
        return super().is_valid() and self.goals.is_valid()

    def show_saved_values(self):
        super().show_saved_values()
        for row in self.goals.initial_forms:
            row.show_saved_values()


class ThemeFormSet(ScopedFormSet):
    goal_formset = None  # the inline sets it on the class it makes for the request

    def add_fields(self, form, index):
        super().add_fields(form, index)
        form.goals = self.goal_formset(
            data=form.data if form.is_bound else None,
            files=form.files if form.is_bound else None,
            instance=form.instance,
            prefix=f"{form.prefix}-goals",
        )

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
    form = ThemeRow
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
        formset.goal_formset = GoalInline(Theme, self.admin_site).get_formset(request)
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
