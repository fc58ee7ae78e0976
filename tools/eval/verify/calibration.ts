import { accuracyScore, riskLevel } from "#core/verification/score.ts";
import type { RiskLevel } from "#core/verification/verdict.ts";
import { seeded } from "../../random.ts";
import type { VerifiedCase } from "./verify-case.ts";

/** Texts of a range of scores. */
export interface Calibration {
	score: string;
	texts: number;
	/** The mean share of claims without an error, in percent. */
	right: number;
	/** The mean score. */
	mean: number;
	risks: string;
}

const shares = [0, 0.25, 0.5, 0.75, 1];
const bins = [0, 20, 40, 60, 80];
const seed = 7;

/** Makes texts of each item with several shares of wrong claims, and sets their scores beside what is right in them. */
export function calibrate(verifiedCases: VerifiedCase[]): Calibration[] {
	const random = seeded(seed);
	const texts = [...Map.groupBy(verifiedCases, ({ itemId }) => itemId).values()].flatMap((ofItem) => {
		const right = ofItem.filter(({ kind }) => kind === null);
		const wrong = ofItem.filter(({ kind }) => kind !== null && kind !== "object");
		return shares.map((share) => {
			const claims = right.map((claim) => {
				const planted = wrong[Math.floor(random() * wrong.length)];
				return planted && random() < share ? planted : claim;
			});
			const verified = claims.map((claim) => claim.verified);
			return {
				score: accuracyScore(verified) ?? 0,
				risk: riskLevel(verified),
				right: (100 * claims.filter(({ kind }) => kind === null).length) / claims.length,
			};
		});
	});
	return bins.map((from, at) => {
		const to = bins[at + 1] ?? 101;
		const within = texts.filter(({ score }) => score >= from && score < to);
		const mean = (values: number[]) => Math.round(values.reduce((sum, value) => sum + value, 0) / values.length || 0);
		return {
			score: `${from} to ${Math.min(100, to - 1)}`,
			texts: within.length,
			right: mean(within.map(({ right }) => right)),
			mean: mean(within.map(({ score }) => score)),
			risks: countsOf(within.map(({ risk }) => risk)),
		};
	});
}

const countsOf = (risks: RiskLevel[]) =>
	[...Map.groupBy(risks, (risk) => risk)].map(([risk, each]) => `${each.length} ${risk}`).join(", ");
