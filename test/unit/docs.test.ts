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

test("the pages name many paths", () => {
	expect(pages.flatMap(pathsIn).length).toBeGreaterThan(60);
});
