import type { Environment } from "#lib/environments.ts";
import prices from "./aws-prices.json" with { type: "json" };
import type { Choice } from "./choices.ts";
import { estimate, total } from "./estimate.ts";
import type { Templates } from "./line.ts";

const begin = "<!-- make cost README=1 writes what follows -->";
const end = "<!-- make cost: end -->";

/** An environment in the table. */
export interface Estimated {
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

/** Returns the amount to pay for a month with this use. */
function cost({ environment, templates }: Estimated, users: number, uploads: number, ai: boolean): number {
	const lines = estimate(templates, environment, {
		users,
		uploads,
		models: environment.models,
		chatModels: environment.chatModels,
		visionProvider: ai ? "anthropic" : "offline",
		embeddingProvider: ai ? "voyage" : "offline",
		chatProvider: ai ? "anthropic" : "offline",
	});
	return total(lines).pay;
}

/**
 * Returns the README's tables of monthly costs in US dollars, after the permanent free tier: of the environments, and
 * of the settings that make an idle month cheaper.
 */
export function readmeTables(
	estimated: Estimated[],
	chosen: (Estimated & Pick<Choice, "setting" | "givesUp">)[],
): string {
	const money = (amount: number) => `$${dollars.format(amount)}`;
	const idle = (estimate: Estimated) => cost(estimate, 0, 0, false);
	const environments = estimated.map((estimate) => [
		`\`${estimate.environment.name}\``,
		...columns.map(([, users, uploads, ai]) => money(cost(estimate, users, uploads, ai))),
	]);
	const settings = chosen.map(({ setting, givesUp, ...changed }) => {
		const { name } = changed.environment;
		const current = estimated.find(({ environment }) => environment.name === name);
		if (!current) throw new Error(`The first table has no row of ${name}, with which ${setting} would be compared.`);
		return [`\`${name}\`: ${setting}`, money(idle(current) - idle(changed)), givesUp];
	});
	return [
		...table(
			["a month", ...columns.map(([title]) => title)],
			columns.map(() => "---:"),
			environments,
		),
		"",
		...table(["a setting", "saves a month", "and gives up"], ["---:", "---"], settings),
		"",
		`List prices of ${prices.region}, checked on ${prices.checkedOn}; not seen on a bill.`,
	].join("\n");
}

/** Returns the lines of a Markdown table, whose first column is aligned to the left. */
const table = (header: string[], alignment: string[], rows: string[][]) =>
	[header, ["---", ...alignment], ...rows].map((cells) => `| ${cells.join(" | ")} |`);

/** Returns the README with the tables between its two markers. @throws if a marker is missing */
export function withTables(readme: string, tables: string): string {
	const [before, rest] = readme.split(begin);
	const after = rest?.split(end)[1];
	if (before === undefined || after === undefined) {
		throw new Error(`README.md has no "${begin}" followed by "${end}".`);
	}
	return `${before}${begin}\n\n${tables}\n\n${end}${after}`;
}
