import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

const pages = [
	"README.md",
	...readdirSync("docs", { recursive: true, encoding: "utf8" })
		.filter((file) => file.endsWith(".md"))
		.map((file) => path.join("docs", file)),
];

/** Returns the repository's files and folders that a page names, and the targets of its links. */
function pathsIn(page: string): string[] {
	const text = readFileSync(page, "utf8");
	const named = [
		...text.matchAll(/(?<![\w./<>-])(?:bin|docs|lambdas|lib|migrations|packages|scripts|test|tools)\/[\w./-]*\w/g),
	].map(([name]) => name);
	const linked = [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map(([, target = ""]) =>
		path.join(path.dirname(page), target),
	);
	return [...named, ...linked];
}

test.each(pages)("%s names only files and folders that exist", (page) => {
	expect(pathsIn(page).filter((name) => !existsSync(name))).toEqual([]);
});

/** Counts the lines of a folder's TypeScript. */
function linesIn(folder: string): number {
	const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
	return files
		.filter((file) => file.endsWith(".ts"))
		.reduce((sum, file) => sum + readFileSync(path.join(folder, file), "utf8").split("\n").length - 1, 0);
}

test("ADR 3 says how large cdk-local is, within 5 %", () => {
	const decision = readFileSync("docs/decisions/0003-own-aws-endpoints.md", "utf8");
	const [, ...figures] =
		/([\d,]+) lines of code \(([\d,]+) in the services, ([\d,]+) in the endpoint, ([\d,]+) in the templates\) and ([\d,]+) of tests/.exec(
			decision,
		) ?? [];
	const tests = linesIn("packages/cdk-local/test");
	const counted = [
		linesIn("packages/cdk-local") - tests,
		...["services", "endpoint", "template"].map((folder) => linesIn(`packages/cdk-local/${folder}`)),
		tests,
	];
	const said = figures.map((figure) => Number(figure.replace(",", "")));
	expect(
		said.map((figure, at) => Math.abs(figure / (counted[at] ?? 0) - 1) < 0.05),
		`${said} of ${counted}`,
	).toEqual(counted.map(() => true));
});

test("ADR 3 counts the resource types and operations of cdk-local's README", () => {
	const readme = readFileSync("packages/cdk-local/README.md", "utf8");
	const rows = (heading: string) =>
		(readme.split(`## ${heading}\n`)[1]?.split("\n## ")[0] ?? "").split("\n").filter((line) => line.startsWith("| `"));
	const operations = rows("API operations").flatMap((row) => row.split("|")[2]?.split(",") ?? []);
	expect(readFileSync("docs/decisions/0003-own-aws-endpoints.md", "utf8")).toContain(
		`${rows("Resource types").length} resource types and ${operations.length} API operations`,
	);
});

test("the pages name many paths", () => {
	expect(pages.flatMap(pathsIn).length).toBeGreaterThan(60);
});
