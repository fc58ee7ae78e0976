// make test-infra: checks every part of an environment by itself, then sends one image through all of them.
import { randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { outputs } from "../deploy/outputs-file.ts";
import { mark } from "../environment/checks.ts";
import { interruptible } from "../environment/interruption.ts";
import { identityOf, operate } from "../environment/target.ts";
import { api } from "./api.ts";
import { runChecks, type TimedOutcome } from "./check.ts";
import { database } from "./database.ts";
import { functions } from "./functions.ts";
import { stores } from "./stores.ts";

await operate(async (target) => {
	const startedAt = new Date();
	console.log(`Environment ${target.name}\n`);
	const environmentOutputs = await outputs(target);
	// If AWS does not answer at all, this call reports it once, instead of each check.
	await identityOf(target);
	const outcomes = await interruptible(async (interruption) => {
		const outcomes = await runChecks(
			[...database, ...stores, ...functions, ...api],
			{ target, outputs: environmentOutputs, id: randomUUID(), interruption },
			print,
		);
		interruption.throwIfAborted();
		return outcomes;
	});
	const failed = outcomes.filter(({ passed }) => passed === false).length;
	const passed = outcomes.filter((outcome) => outcome.passed).length;
	const summary = `${passed} passed, ${failed} failed, ${outcomes.length - passed - failed} not applicable`;
	const stamp = startedAt.toISOString().slice(0, 19).replaceAll(":", "-");
	const file = `reports/infra-test-${target.name}-${stamp}.md`;
	await mkdir("reports", { recursive: true });
	await writeFile(file, markdown(target.name, startedAt, outcomes, summary));
	console.log(`\n${summary}. Written to ${file}.`);
	if (failed > 0) {
		throw new Error(`${failed} checks failed in environment ${target.name}, see above.`);
	}
});

function print(outcome: TimedOutcome): void {
	const seconds = (outcome.ms / 1000).toFixed(1).padStart(5);
	const detail = outcome.detail.replaceAll("\n", "; ");
	console.log(`  ${mark(outcome)} ${outcome.name.padEnd(27)}${seconds} s  ${detail}`);
}

function markdown(environment: string, startedAt: Date, outcomes: TimedOutcome[], summary: string): string {
	const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n", "<br>");
	return [
		`# Infrastructure of ${environment}, ${startedAt.toISOString()}`,
		"",
		"| | Check | Seconds | Finding |",
		"|---|---|---|---|",
		...outcomes.map(
			(outcome) =>
				`| ${mark(outcome)} | ${outcome.name} | ${(outcome.ms / 1000).toFixed(1)} | ${cell(outcome.detail)} |`,
		),
		"",
		`${summary}.`,
		"",
	].join("\n");
}
