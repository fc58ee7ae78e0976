import type { PictureKind } from "#core/items/picture-kind.ts";
import type { Fact } from "#text/facts/fact.ts";
import { type Rule, rules, type TextKind } from "./kind-rules.ts";
import type { Layout } from "./layout.ts";

/** A kind with less evidence is not told. */
const minScore = 3.5;
/** Nor is one that another comes as close to. */
const minLead = 0.5;

/** Tells what a picture is; `unknown` where the evidence is thin or speaks for several kinds. */
export function kindOf(layout: Layout, facts: readonly Fact[]): PictureKind {
	if (layout.lineCount === 0) return "photo";
	const [best, next] = kindScores(layout, facts);
	return best && best.score >= minScore && best.score - (next?.score ?? 0) >= minLead ? best.kind : "unknown";
}

/** Returns the evidence for each kind, the best supported first. */
export function kindScores(layout: Layout, facts: readonly Fact[]): { kind: TextKind; score: number }[] {
	return Object.entries(rules)
		.map(([kind, ofKind]) => ({
			kind: kind as TextKind,
			score: ofKind.reduce((sum, rule) => sum + (holds(rule, layout, facts) ? rule.weight : 0), 0),
		}))
		.sort((a, b) => b.score - a.score);
}

function holds(rule: Rule, layout: Layout, facts: readonly Fact[]): boolean {
	if ("words" in rule) return rule.words.test(layout.plain);
	if ("layout" in rule) return rule.layout(layout);
	return facts.filter(({ kind }) => rule.facts.includes(kind)).length >= (rule.min ?? 1);
}
