import type { Environment } from "#lib/environments.ts";
import prices from "./aws-prices.json" with { type: "json" };
import { estimate, total } from "./estimate.ts";
import type { Templates } from "./line.ts";

const begin = "<!-- make cost README=1 writes what follows -->";
const end = "<!-- make cost: end -->";

/** An environment in the table. */
interface Estimated {
	environment: Environment;
	templates: Templates;
}

const columns: [title: string, users: number, uploads: number, ai: boolean][] = [
	["nobody uses it", 0, 0, false],
	["10 users, 1,000 uploads", 10, 1_000, false],
	["the same, described and answered by Claude, embedded by Voyage", 10, 1_000, true],
	["1,000 users, 100,000 uploads, with both", 1_000, 100_000, true],
];

const dollars = new Intl.NumberFormat("en-US", {
	minimumFractionDigits: 2,
	maximumFractionDigits: 2,
});

/** Returns the README's table of monthly costs in US dollars, after the permanent free tier. */
export function readmeTable(estimated: Estimated[]): string {
	const rows = estimated.map(({ environment, templates }) => [
		`\`${environment.name}\``,
		...columns.map(([, users, uploads, ai]) => {
			const lines = estimate(templates, environment, {
				users,
				uploads,
				models: environment.models,
				chatModels: environment.chatModels,
				visionProvider: ai ? "anthropic" : "offline",
				embeddingProvider: ai ? "voyage" : "offline",
				chatProvider: ai ? "anthropic" : "offline",
			});
			return `$${dollars.format(total(lines).pay)}`;
		}),
	]);
	const header = ["a month", ...columns.map(([title]) => title)];
	return [header, header.map((_, column) => (column === 0 ? "---" : "---:")), ...rows]
		.map((cells) => `| ${cells.join(" | ")} |`)
		.concat("", `List prices of ${prices.region}, checked on ${prices.checkedOn}; not seen on a bill.`)
		.join("\n");
}

/** Returns the README with the table between its two markers. @throws if a marker is missing */
export function withTable(readme: string, table: string): string {
	const [before, rest] = readme.split(begin);
	const after = rest?.split(end)[1];
	if (before === undefined || after === undefined) {
		throw new Error(`README.md has no "${begin}" followed by "${end}".`);
	}
	return `${before}${begin}\n\n${table}\n\n${end}${after}`;
}
