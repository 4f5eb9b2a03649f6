"""The formset of a theme's goals and subgoals."""

from django import forms

from udsat.admin import ScopedFormSet, ScopedModelForm, ScopedStackedInline

from .models import Goal


class GoalForm(ScopedModelForm):
    is_below = forms.BooleanField(label="Delmål af målet ovenfor", required=False)

    class Meta:
        widgets = {"text": forms.Textarea({"rows": 2})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["is_below"] = bool(self.instance.parent_id)

    def has_changed(self):
        """The number of its place alone makes no new goal."""
        return super().has_changed() and (self.instance.pk is not None or set(self.changed_data) != {"position"})


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
            goal.note_update("position", "parent")
            last_top_level = parent or goal
        return saved


class GoalInline(ScopedStackedInline):
    model = Goal
    form = GoalForm
    formset = GoalFormSet
    template = "admin/strategies/goals.html"
    fields = ["text", "is_below", "position"]
    extra = 1
