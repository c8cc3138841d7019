"""Names of composed and complementary metrics; a report must not load Fairlearn to read them."""

from __future__ import annotations

#: Share of decisions that are explained; compared within predicted class and length.
EXPLAINED_RATE = "explained_rate"

#: Of rows with several decisions: how many are right in all of them.
EXACT_MATCH = "exact_match"
#: Of the characters of labelled entities: how many nothing that the model found covers.
VISIBLE_CHARACTERS = "visible_characters"

#: Composed of the gaps of other metrics: the difference is the widest of theirs, the ratio the smallest.
CRITERIA = {
    "demographic_parity": ("selection_rate",),
    "equal_opportunity": ("true_positive_rate",),
    "equalized_odds": ("true_positive_rate", "false_positive_rate"),
}

#: One minus another metric: such a gap says nothing that the other one's does not.
COMPLEMENTS = {
    "false_negative_rate": "true_positive_rate",
    "true_negative_rate": "false_positive_rate",
    "false_discovery_rate": "precision",
}

#: Of exchanged groups: how often decisions flip, and how far the score moves on average.
FLIP_RATE, TOKEN_GAP = "flip_rate", "token_fairness_gap"
#: Axes of the exchange on which no group is exchanged: other light, to compare with. Rules ask of them by name alone.
COMPARED_AXES = ("light",)
#: Of names put in the place of persons: how often these are found, and the share of their characters left visible.
NAME_RECALL, NAME_VISIBLE = "name_recall", "name_visible"
NAME_METRICS = (NAME_RECALL, NAME_VISIBLE)
#: Followed by the name of a probe: how often its changes alter a decision; by a colon and the name of a change after
#: that, how often this one does.
PROBE_RATE = "probe:"
#: Followed by a dimension of risk: V, E, P, S or T.
SCORECARD = "scorecard:"
#: How well members of the training are told from other rows: AUC, and the share named at a false positive rate.
MEMBERSHIP_AUC = "membership_auc"
MEMBERSHIP_RATES = {"membership_tpr_at_1_percent": 0.01, "membership_tpr_at_0_1_percent": 0.001}
MEMBERSHIP_METRICS = (MEMBERSHIP_AUC, *MEMBERSHIP_RATES)
#: Followed by the code of a flag: how often it is given.
FLAG_RATE = "flag_rate:"
#: Ways in which a decision changes between two versions of a model, and the name of their share.
FLIPS = {kind: f"flips:{kind}" for kind in ("changed", "to_positive", "to_negative", "newly_wrong", "newly_right")}
