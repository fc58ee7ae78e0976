// make eval-describe: describes pages of text offline, and compares their kinds and facts with what a person wrote down.
import { minDemand } from "#deployment/demands.ts";
import { main } from "#deployment/progress.ts";
import { conclude } from "../conclude.ts";
import { readPages } from "./pages.ts";
import { type ScoredPage, scorePage, sharesOf } from "./score.ts";

const folder = "test/unit/offline/pages";
const halves = ["known", "held-out"] as const;

/** Of the held-out pages. A wrong kind or fact misleads more than a missing one. */
const limits = { kinds: 0.8, kindPrecision: 0.9, precision: 0.9, recall: 0.8 } as const;

await main(async () => {
	const scored = await Promise.all(halves.map(async (half) => (await readPages(`${folder}/${half}`)).map(scorePage)));
	const [known = [], heldOut = []] = scored;
	for (const page of [...known, ...(process.env.SHOW_HELD_OUT === "1" ? heldOut : [])].filter(isFaulty)) print(page);
	const shares = sharesOf(heldOut);
	await conclude(
		"describe",
		halves.flatMap((half, at) => rowsOf(half, scored[at] ?? [])),
		Object.entries(limits).map(([name, limit]) =>
			minDemand(`held out: ${name}`, shares[name as keyof typeof limits], limit),
		),
		{ shares: Object.fromEntries(halves.map((half, at) => [half, sharesOf(scored[at] ?? [])])) },
	);
});

function isFaulty({ page, kind, missed, wrong }: ScoredPage): boolean {
	return kind !== page.kind || missed.length + wrong.length > 0;
}

function print({ page, kind, headline, missed, wrong }: ScoredPage): void {
	console.log(`${page.id}: ${page.kind}${kind === page.kind ? "" : `, told ${kind}`}: ${headline}`);
	if (missed.length > 0) console.log(`  missed ${missed.join(" | ")}`);
	if (wrong.length > 0) console.log(`  wrong  ${wrong.join(" | ")}`);
}

/** A row for all pages, and one for each kind. */
function rowsOf(half: string, pages: ScoredPage[]): Record<string, string | number>[] {
	const row = (kind: string, some: ScoredPage[]) => {
		const { precision, recall } = sharesOf(some);
		const share = (value: number) => (Number.isFinite(value) ? value.toFixed(2) : "-");
		return {
			pages: half,
			kind,
			"kind told": `${some.filter((page) => page.kind === page.page.kind).length} of ${some.length}`,
			"facts: precision": share(precision),
			recall: share(recall),
		};
	};
	const byKind = Map.groupBy(pages, ({ page }) => page.kind);
	return [row("all", pages), ...[...byKind].map(([kind, some]) => row(kind, some))];
}
