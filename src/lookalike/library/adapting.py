"""Spaces that are learned for a library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lookalike.errors import UsageError
from lookalike.library.spaces import Spaces
from lookalike.store.description import SpaceDescription
from lookalike.store.lance_store import LanceStore

if TYPE_CHECKING:
    from lookalike.lab.adaptation.examples import Examples
    from lookalike.lab.adaptation.learning import Adaptation
    from lookalike.pipeline.fill import FillSummary
    from lookalike.store.export import OnCount


@dataclass(frozen=True, eq=False)
class Adapted:
    """What :meth:`Adapting.adapt` did.

    Attributes:
        learned: what was learned, and how good it is.
        compared: name of the space that it was compared with: the one that searches used.
        summary: of the new space; None where none was wanted.
        default: whether searches use it by default now.
    """

    learned: Adaptation
    compared: str
    summary: FillSummary | None
    default: bool

    def as_dict(self) -> dict[str, Any]:
        """The result as JSON's types."""
        added = self.summary.as_dict() if self.summary else None
        told = {"added": added, "compared_with": self.compared, "default": self.default}
        return told | self.learned.as_dict()


class Adapting(Spaces):
    """Learning spaces from labels and judgments."""

    def adapt(
        self,
        field: str = "",
        *,
        method: str = "auto",
        bases: Sequence[str] = (),
        name: str = "",
        where: str = "",
        hold_out: str = "0.3",
        default: bool = False,
        force: bool = False,
        try_only: bool = False,
        on_count: OnCount = lambda *_: None,
    ) -> Adapted:
        """Learn a space in which pictures of one class are near, and add it to the library.

        A part of what has labels is held out: the new space is measured on it, and compared with
        the one that searches use. The library is changed once that is done; killed or
        interrupted, it stays searchable as it was, and the same call starts anew.

        Args:
            field: what pictures of one class share: ``label``, ``folder``, ``tag``, or another
                column of the metadata; empty to learn from judgments: what fits one query.
            method: ``lda``, ``whiten``, ``classes``, ``linear``, ``mlp``; ``auto`` for the best by
                cross-validation within what is learned from.
            bases: spaces of pictures whose vectors it starts from, one after the other; by default
                the one that the library was made with.
            name: of the new space; by default that of the bases and the method.
            where: only these pictures count, see :mod:`lookalike.search.filter`.
            hold_out: ``0.3`` of each class, or ``classes:0.3``: whole classes, which says how well
                it does for classes that it has not seen.
            default: let searches use it.
            force: even if it is not better.
            try_only: learn and measure, and add nothing.
            on_count: told now and then what is being done, and how far it is.

        Raises:
            UsageError: there are no labels, or too few (``no-labels``, ``one-class``,
                ``all-held-out``), there is a space of this name (``space-exists``), or it is to
                be the default and is not better (``not-better``).
            NotFoundError: there is no such base.
            LibraryLockedError: another process writes to the library.
        """
        from lookalike.lab.adaptation.examples import parse_hold_out
        from lookalike.lab.adaptation.learning import learn_space
        from lookalike.pipeline.fill import joined_vectors

        store = LanceStore(self.path)
        based = [_plain(store, base) for base in bases] or [store.description.made_with[0]]
        examples = self._examples(store, field, where, based)
        views = self.views()
        learned = learn_space(
            examples,
            parse_hold_out(hold_out),
            method,
            views,
            lambda some: joined_vectors(store, based, some.keys),
            on_count,
        )
        if try_only:
            return Adapted(learned, views.space.name, None, default=False)
        taken = learned.tried[0].way.method
        name = name or f"{'+'.join(base.name for base in based)}+{taken}"
        if default and not learned.better and not force:
            raise UsageError(
                f"What was learned ({taken}) is not surely better than {views.space.name} on "
                f"{len(learned.measured):,} unseen pictures: average precision "
                f"{learned.after.means['AP']:.3f} after {learned.before.means['AP']:.3f}.",
                "The library is as it was. Add --force, or leave --default out to look at it.",
                code="not-better",
            )
        self._make_room(store, name)
        try:
            names = [base.name for base in based]
            summary = self._spaces().add_fitted(
                store,
                name,
                names,
                learned.transform,
                on_count,
                taught=frozenset(store.columns(learned.learned.keys, ["id"])["id"].to_pylist()),
            )
        finally:
            self.refresh()
        chosen = default and not summary.interrupted
        if chosen:
            self.choose_space(name)
        return Adapted(learned, views.space.name, summary, chosen)

    def _examples(
        self, store: LanceStore, field: str, where: str, based: Sequence[SpaceDescription]
    ) -> Examples:
        from lookalike.lab.adaptation.examples import by_first_label, by_judgments
        from lookalike.lab.datasets.labels import labels_of
        from lookalike.pipeline.fill import keys_in_all

        living = keys_in_all(store, based)
        if field:
            return by_first_label(labels_of(self.views(), field, where), living)
        judged = self._memory.judgments.all()
        return by_judgments(judged, store.keys_of_ids({one.picture for one in judged}))

    def _make_room(self, store: LanceStore, name: str) -> None:
        """Drop what is left of an earlier try under this name."""
        earlier = next((s for s in store.description.spaces if s.name == name), None)
        if earlier is None:
            return
        if earlier.ready:
            raise UsageError(
                f"The library has a space {name!r} already.",
                f"Give another --name, or drop it: lookalike spaces drop {name}",
                code="space-exists",
            )
        self.drop_space(name)
        store.refresh()


def _plain(store: LanceStore, name: str) -> SpaceDescription:
    """The space of this name; of blended vectors and of codes, the one that they are made of."""
    space = store.description.searched(name)
    made = space.neighbours or space.codes == "binary"
    return store.description.named(space.base) if made else space
