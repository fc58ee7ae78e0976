// make down: ends what make up started; everything stays in .local.
import { setTimeout as sleep } from "node:timers/promises";
import { stateHolder } from "#cdk-local/lock.ts";
import { main } from "#cli/progress.ts";
import { localDirectory } from "./local.ts";

const graceSeconds = 20;

await main(async () => {
	const pid = stateHolder(localDirectory);
	if (!pid) {
		console.log("Nothing runs.");
		return;
	}
	process.kill(pid, "SIGTERM");
	for (let waited = 0; waited < graceSeconds * 10; waited++) {
		if (!stateHolder(localDirectory)) {
			console.log("Stopped. make up continues where it was.");
			return;
		}
		await sleep(100);
	}
	throw new Error(
		`Process ${pid} still runs after ${graceSeconds} s: end it by kill ${pid}.`,
	);
});
