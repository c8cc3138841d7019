"""For every field of a result, what becomes of it in a copy for the public.

| word | what becomes of the field |
|---|---|
| told | it stays |
| parts | it stays, and each part that it holds is decided about by its own fields |
| suppressed | the modules of this room decide: a number is told where it is large and gives no small one back |
| dropped | it is emptied: it names rows, texts, words, files or persons |

A field that nobody decided about is dropped, and a test fails until somebody does.
"""

from __future__ import annotations

from typing import Literal

Decision = Literal["told", "parts", "suppressed", "dropped"]

_WORDS: dict[str, dict[Decision, str]] = {
    "AuditResult": {
        "told": "schema_version tool_version config_sha256 level seed positive_class classes library_check "
        "metric_definitions publication",
        "parts": "environment timings policy_source",
        "suppressed": "title config model data slicings metrics adjusted disparities class_reports stratified "
        "adverse_impact impact_ratios clear_gaps findings comparison judgement explanations gaps pushes exchange names "
        "probes reliance flags notes work decision_precision social_impact",
        "dropped": "correlations scores discovery data_audit scorecard remedies membership leakage",
    },
    "Publication": {"told": "least suppressed left_out", "parts": "privacy"},
    "PrivateCounts": {"told": "mechanism library unit per_unit epsilon spent negative", "parts": "tables"},
    "PrivateTable": {"told": "attributes cells epsilon scale"},
    "Environment": {"told": "python platform threads versions"},
    "Timings": {"told": "started finished seconds shards_computed shards_reused", "parts": "engine"},
    "EngineFacts": {"told": "kind workers threads"},
    "ModelFacts": {
        "told": "name task architecture parameters classes sha256 revision stored_dtype dtype precision compiled "
        "attention device max_length batch_tokens grid",
        "parts": "prompt peft quantised",
        "dropped": "reference",
    },
    "PeftFacts": {"told": "method library parameters virtual_tokens sha256 base base_sha256"},
    "QuantisedFacts": {"told": "method layers parameters"},
    "PromptFacts": {"told": "template fields answers tokens per_token calibration least_mass"},
    "DataFacts": {
        "told": "name format files sha256 read nothing weighted clusters median_score",
        "suppressed": "rows_read rows_filtered rows decisions statuses failures labels predictions confusion "
        "unlabelled",
        "dropped": "rows_sha256",
    },
    "Confused": {"told": "y_true y_pred n"},
    "DecisionPrecision": {"told": "precision asked exact sampled again factor otherwise beyond largest"},
    "Note": {"told": "code params"},
    "SlicingFacts": {"told": "attributes", "suppressed": "groups"},
    "Group": {
        "told": "values n share weight effective_n in_gaps note",
        "suppressed": "n_labelled by_label by_prediction",
    },
    "MetricDefinition": {"told": "name unit better method doubt"},
    "LibraryCheck": {"told": "values largest_difference"},
    "MetricValue": {
        "told": "attributes group metric cls note",
        "suppressed": "stratum n value lower upper effective_n clusters standard_error doubt left_out support",
        "dropped": "sketch",
    },
    "Disparity": {
        "told": "attributes metric cls aggregate note",
        "suppressed": "stratum value lower upper worst_group best_group compared undefined",
    },
    "StratifiedTest": {
        "told": "attributes controls group reference cls counts strata odds_ratio statistic p_value "
        "corrected_statistic corrected_p_value"
    },
    "AdverseImpact": {
        "told": "attributes cls group reference n selected rate effective_n reference_n reference_selected "
        "reference_rate reference_effective_n difference difference_lower difference_upper impact_ratio ratio_lower "
        "ratio_upper z z_p fisher_p mid_p holm_p shortfall flip_flop minimum_detectable doubt"
    },
    "ImpactTable": {"told": "attributes cls", "suppressed": "highest unknown groups"},
    "CategoryRate": {"told": "group n selected share rate standing", "suppressed": "impact_ratio"},
    "SocialImpact": {
        "told": "decisions_per_year positive_is level shares_given false_negative_cost false_positive_cost unit",
        "suppressed": "people gains concentration costs",
    },
    "AffectedPeople": {
        "told": "attributes group harm cls n in_sample rate lower upper share per_year per_year_lower per_year_upper "
        "note doubt",
        "parts": "excess",
    },
    "Excess": {
        "told": "reference n rate reference_rate difference difference_lower difference_upper in_sample "
        "in_sample_lower in_sample_upper shortfall per_year per_year_lower per_year_upper doubt"
    },
    "Gain": {
        "told": "attributes harm cls reference groups in_sample in_sample_lower in_sample_upper per_year "
        "per_year_lower per_year_upper"
    },
    "Concentration": {
        "told": "attributes groups errors people_share errors_share lower upper note doubt",
        "parts": "curve",
    },
    "Borne": {"told": "group people errors"},
    "GroupCost": {
        "told": "attributes group in_sample per_decision lower upper per_year per_year_lower per_year_upper note"
    },
    "ClassReport": {"told": "attributes group cls support precision recall f1_score"},
    "ClearGaps": {"told": "level comparisons gaps doubted", "suppressed": "items suppressed"},
    "ClearGap": {
        "told": "code attributes metric cls low_group low_value low_n high_group high_value high_n difference lower"
    },
    "Comparison": {
        "told": "baseline_model_sha256 baseline_tool_version paired same_rows level",
        "suppressed": "baseline changes gaps flips flip_gaps",
        "dropped": "explanations dimensions notes",
    },
    "Change": {
        "told": "attributes group metric cls correlation difference lower upper doubt",
        "parts": "baseline candidate",
        "dropped": "sketch",
    },
    "ValueEstimate": {"told": "value effective_n clusters standard_error doubt", "dropped": "sketch"},
    "GapChange": {"told": "attributes metric cls direction groups before after lower most"},
    "Flips": {"told": "attributes group n", "parts": "rates"},
    "FlipRate": {"told": "kind n flips rate lower upper effective_n clusters doubt"},
    "PolicySource": {"told": "lines", "suppressed": "file"},
    "Judgement": {"told": "status policy_sha256 on_inconclusive judged_on", "suppressed": "rules", "parts": "waivers"},
    "RuleVerdict": {
        "told": "rule severity status kind attributes metric cls aggregate limit evidence scope counts alpha note "
        "waived",
        "suppressed": "doubts value lower upper detectable low_group high_group low_value high_value groups left_out "
        "support needed",
    },
    "Needed": {"told": "group n reason"},
    "Doubt": {"told": "group reason"},
    "WaiverState": {"told": "rule over ceiling reason granted expires state", "dropped": "owner approver"},
    "Explanations": {
        "told": "method target baseline tolerance least_contrast interventions sampled population strata gradients "
        "calls forwards comprehensiveness sufficiency",
        "suppressed": "log_odds second_baseline outcomes chance sanity precision words",
        "dropped": "errors shown",
    },
    "OutcomeCounts": {"told": "attributes group n", "suppressed": "explained weak unexplained reasons"},
    "ChanceTest": {"told": "decisions followed mean_p bound better passed"},
    "SanityCheck": {"told": "decisions similarity similarity_bound resembles"},
    "PrecisionCheck": {"told": "precision rechecked borderline largest beyond_tolerance"},
    "WordInfluence": {"told": "cls attribute group word n mean"},
    "GapDecomposition": {
        "told": "attributes high_group low_group metrics condition why score_gap sampled_gap lower upper high_n low_n "
        "concepts explains note",
        "parts": "closes",
        "suppressed": "rate_gap parts equal_treatment",
    },
    "GapPart": {
        "told": "kind value lower upper n named",
        "parts": "closes",
        "suppressed": "name words",
        "dropped": "rows",
    },
    "Closing": {"told": "value lower upper"},
    "EqualTreatment": {"told": "auc lower upper n held_out"},
    "ConceptPush": {"told": "axis group n mean lower upper", "suppressed": "words"},
    "ExchangeSummary": {
        "told": "kinds languages lexicon_sha256 axes threshold score texts decisions exchanged token_gap",
        "suppressed": "refused ambiguous open kept failed pairs",
        "dropped": "shown",
    },
    "PairEffect": {
        "told": "axis source target both n effective_n clusters shift shift_lower shift_upper token_gap "
        "token_gap_error",
        "suppressed": "flips to_positive to_negative flip_rate lower upper",
    },
    "NameExchanges": {
        "told": "language names_sha256 provenance attributes types per_group persons drawn refused exchanged decisions "
        "failed slicings metric_definitions disparities varies by_group",
        "parts": "own groups metrics clear_gaps",
        "dropped": "correlations shown",
    },
    "OwnNames": {"told": "n found rate lower upper"},
    "NamesOfGroup": {"told": "group names tokens unknown"},
    "ProbeResult": {
        "told": "probe metric outcome transforms severities population sampled asked variants queries "
        "metric_definitions",
        "suppressed": "failed refused rates metrics disparities clear_gaps slicings",
        "dropped": "correlations shown",
    },
    "ProbeRate": {
        "told": "transform severity attributes group n effective_n clusters",
        "suppressed": "hits rate lower upper moved",
    },
    "RefusedVariants": {"told": "transform reason n"},
    "Reliance": {"told": "share threshold decisions suspected confirmed_by_masking confirmed_by_exchange unconfirmed"},
    "Findings": {"told": "left_out", "parts": "items"},
    "Finding": {
        "told": "id kind severity attributes low_group high_group undecided share",
        "parts": "measures carried exchanged sureness next_steps",
        "suppressed": "flagged",
        "dropped": "examples",
    },
    "Measure": {
        "told": "metric cls unit low_group low_value low_n high_group high_value high_n difference at_least "
        "ratio ratio_at_most rules"
    },
    "Carried": {"told": "metric condition score_gap closes_share explains note", "parts": "carriers closes"},
    "Carrier": {"told": "kind name value lower upper", "parts": "closes"},
    "Exchanged": {"told": "axis source target n flips flip_rate lower upper shift shift_lower shift_upper"},
    "Sureness": {"told": "code level"},
    "NextStep": {"told": "code params evidence"},
    "Flags": {"suppressed": "decisions by_severity rates explained", "dropped": "shown"},
    "FlagRate": {"told": "code", "suppressed": "n flagged rate effective_n clusters lower upper"},
}

#: Part.field -> what becomes of it.
DECISIONS: dict[str, Decision] = {
    f"{part}.{name}": decision
    for part, by_decision in _WORDS.items()
    for decision, names in by_decision.items()
    for name in names.split()
}
