// make eval-verify: plants errors in reference analyses, and verifies them by the other text of their item.
import { type Demand, minDemand } from "#deployment/demands.ts";
import { main } from "#deployment/progress.ts";
import { conclude } from "../conclude.ts";
import { type Calibration, calibrate } from "./calibration.ts";
import { readCases } from "./cases.ts";
import { type PlantKind, plantKinds } from "./plant.ts";
import {
	type FactGroup,
	factGroups,
	groupsIn,
	type Model,
	type VerifiedCase,
	verifiers,
	verifyCase,
} from "./verify-case.ts";

const minRecall = 0.9;
const minPrecision = 0.95;

interface Figures {
	planted: number;
	found: number;
	/** True claims in which the verdict names a fact of the kind. */
	wronglyFound: number;
	contradicted: number;
	wronglyContradicted: number;
	supported: number;
}

await main(async () => {
	const [folder] = process.argv.slice(2);
	if (!folder) throw new Error("Name a dataset: make eval-verify DATASET=../shared/golden");
	const cases = await readCases(folder);
	const models = Object.keys(verifiers) as Model[];
	const verifiedCases = models.flatMap((model) => cases.map((each) => verifyCase(model, each)));
	const figures = models.flatMap((model) => {
		const own = verifiedCases.filter((each) => each.model === model);
		return plantKinds.map((kind) => ({ model, kind, ...figuresOf(kind, own) }));
	});
	if (process.env.SHOW === "1") verifiedCases.filter(isFaulty).forEach(print);
	const calibration = Object.fromEntries(
		models.map((model) => [model, calibrate(verifiedCases.filter((each) => each.model === model))]),
	) as Record<Model, Calibration[]>;
	for (const model of models) {
		console.log(`\nScores of ${model} beside the share of claims that are right:`);
		console.table(calibration[model]);
	}
	await conclude(
		"verify",
		figures.map(rowOf),
		models.flatMap((model) => demandsOn(model, figures)),
		{
			dataset: folder,
			claims: cases.filter(({ kind }) => kind === null).length,
			figures,
			calibration,
		},
	);
});

function figuresOf(kind: PlantKind, verifiedCases: VerifiedCase[]): Figures {
	const group = factGroups.find((each) => each === kind);
	const planted = verifiedCases.filter((each) => each.kind === kind);
	const right = verifiedCases.filter((each) => each.kind === null);
	const isFound = ({ found, verified }: VerifiedCase) => (group ? found.has(group) : verified.verdict !== "supported");
	const isContradicted = ({ verified: { verdict, contradiction } }: VerifiedCase) =>
		verdict === "contradicted" && (!group || contradiction === group);
	const count = (some: VerifiedCase[], test: (each: VerifiedCase) => boolean) => some.filter(test).length;
	return {
		planted: planted.length,
		found: count(planted, isFound),
		wronglyFound: count(right, isFound),
		contradicted: count(planted, ({ verified }) => verified.verdict === "contradicted"),
		wronglyContradicted: count(right, isContradicted),
		supported: count(planted, ({ verified }) => verified.verdict === "supported"),
	};
}

function share(part: number, whole: number): string {
	return whole === 0 ? "-" : (part / whole).toFixed(3);
}

function rowOf({ model, kind, ...figures }: Figures & { model: Model; kind: PlantKind }) {
	const { planted, found, wronglyFound, contradicted, wronglyContradicted, supported } = figures;
	const isFact = (factGroups as readonly string[]).includes(kind);
	return {
		model,
		planted: kind,
		claims: planted,
		found: share(found, planted),
		// Of the others every true claim that is not supported would count against them.
		precision: isFact ? share(found, found + wronglyFound) : "-",
		contradicted: share(contradicted, planted),
		"contradicted, precision": isFact ? share(contradicted, contradicted + wronglyContradicted) : "-",
		supported: share(supported, planted),
	};
}

/** Demands of numbers, dates and names together. */
function demandsOn(model: Model, figures: (Figures & { model: Model; kind: PlantKind })[]): Demand[] {
	const own = figures.filter((each) => each.model === model && factGroups.includes(each.kind as FactGroup));
	const sum = (field: keyof Figures) => own.reduce((all, each) => all + each[field], 0);
	return [
		minDemand(`${model}: planted numbers, dates and names that are found`, sum("found") / sum("planted"), minRecall),
		minDemand(`${model}: precision`, sum("found") / (sum("found") + sum("wronglyFound")), minPrecision),
		minDemand(
			`${model}: precision of contradictions`,
			sum("contradicted") / (sum("contradicted") + sum("wronglyContradicted")),
			minPrecision,
		),
	];
}

function isFaulty({ kind, claim, found }: VerifiedCase): boolean {
	const group = factGroups.find((each) => each === kind);
	if (kind === null) return [...groupsIn(claim.text)].some((each) => found.has(each));
	return group !== undefined && !found.has(group);
}

function print({ model, kind, claim, verified: { verdict, missing } }: VerifiedCase): void {
	console.log(`${model}, ${kind ?? "true"}: ${claim.text}\n  ${verdict}; missing: ${missing.join(", ")}`);
}
