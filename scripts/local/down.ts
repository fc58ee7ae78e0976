// make down: stops what make up started; .local keeps everything.
import { setTimeout as sleep } from "node:timers/promises";
import { stateHolder } from "#cdk-local/index.ts";
import { main } from "#deployment/progress.ts";
import { localDirectory } from "#tools/local/local-environment.ts";

const maxStopSeconds = 20;

await main(async () => {
	const pid = stateHolder(localDirectory);
	if (!pid) {
		console.log("Nothing is running.");
		return;
	}
	process.kill(pid, "SIGTERM");
	for (let waited = 0; waited < maxStopSeconds * 10; waited++) {
		if (!stateHolder(localDirectory)) {
			console.log("Stopped. make up starts again with the same data.");
			return;
		}
		await sleep(100);
	}
	throw new Error(`Process ${pid} is still running after ${maxStopSeconds} s: end it with kill ${pid}.`);
});
