// make bench-cold: CPU time of a process that starts the api's bundle, compared to a bare Node.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import * as esbuild from "esbuild";
import { build } from "#lib/bundling/build.ts";
import { metafileOf } from "#lib/bundling/javascript.ts";
import { startCloud } from "./api-cloud.ts";
import { coldStart, httpEvent, type Run, runNode } from "./lambda-process.ts";
import { demand, median, quantile, report } from "./report.ts";

const rounds = 21;

const { api } = await build({ architecture: "host" });
const directory = mkdtempSync(path.join(tmpdir(), "collections-bench-"));
const eager = path.resolve(".build", `bench-eager-${process.pid}`);
try {
	const cloud = await startCloud(directory);
	const sides = await (async () => {
		try {
			const { variables, token } = cloud;
			await buildEager(eager);
			const bare = path.join(directory, "bare");
			buildBare(bare);
			const version = httpEvent("/version");
			const items = httpEvent("/items", { authorization: `Bearer ${token}` });
			return await interleaved({
				node: () => runNode(["-e", "0"]),
				bare: () => coldStart(bare, variables, version),
				version: () => coldStart(api, variables, version),
				eager: () => coldStart(eager, variables, version),
				items: () => coldStart(api, variables, items),
			});
		} finally {
			await cloud.stop();
		}
	})();
	const row = (what: string, runs: Run[]) => {
		const ratios = paired(runs, sides.node);
		const [q1, middle, q3] = [0.25, 0.5, 0.75].map((q) => quantile(ratios, q));
		return {
			"CPU ms from start to end": what,
			cpu: median(runs.map(({ cpu }) => cpu)).toFixed(0),
			wall: median(runs.map(({ wall }) => wall)).toFixed(0),
			"/ node": middle?.toFixed(2) ?? "",
			q1: q1?.toFixed(2) ?? "",
			q3: q3?.toFixed(2) ?? "",
		};
	};
	report(
		"cold",
		[
			row("node -e 0", sides.node),
			row("a handler of one line behind the Runtime API", sides.bare),
			row("api bundle, GET /version answered", sides.version),
			row("the same code, eager and unbundled", sides.eager),
			row("api bundle, first GET /items: token, secret, connection", sides.items),
		],
		[
			demand(
				"GET /version on the api bundle / node -e 0, paired median of CPU",
				median(paired(sides.version, sides.node)),
				5,
			),
		],
	);
} finally {
	rmSync(directory, { recursive: true, force: true });
	rmSync(eager, { recursive: true, force: true });
}

function paired(runs: Run[], against: Run[]): number[] {
	return runs.map(({ cpu }, at) => cpu / (against[at]?.cpu ?? Number.NaN));
}

/** Runs each side once a round, so that other load on the machine affects all alike. Discards the first round. */
async function interleaved<Side extends string>(sides: Record<Side, () => Promise<Run>>): Promise<Record<Side, Run[]>> {
	const names = Object.keys(sides) as Side[];
	const runs = Object.fromEntries(names.map((name) => [name, [] as Run[]])) as Record<Side, Run[]>;
	for (let round = 0; round <= rounds; round++) {
		for (const name of names) {
			const run = await sides[name]();
			if (round > 0) runs[name].push(run);
		}
	}
	return runs;
}

/** Builds the api with every package as an eager import from node_modules. */
async function buildEager(folder: string): Promise<void> {
	const packages = new Set(
		Object.entries(metafileOf("api").inputs)
			.filter(([file]) => !file.includes("node_modules"))
			.flatMap(([, { imports }]) => imports)
			.map(({ original = "" }) => original)
			.filter((name) => /^@?[a-z]/.test(name)),
	);
	await esbuild.build({
		stdin: {
			contents: [
				...[...packages].map((name) => `import "${name}";`),
				'export { handler } from "./lambdas/api/handler.ts";',
			].join("\n"),
			resolveDir: process.cwd(),
		},
		outfile: path.join(folder, "handler.mjs"),
		bundle: true,
		packages: "external",
		platform: "node",
		format: "esm",
		target: "node24",
		logLevel: "error",
	});
}

/** Builds an empty function, the lower bound of every start. */
function buildBare(folder: string): void {
	mkdirSync(folder);
	writeFileSync(
		path.join(folder, "handler.mjs"),
		'export const handler = async () => ({ statusCode: 200, body: "{}" });',
	);
}
