#!/usr/bin/env node
import { parseArgs } from "node:util";
import { cdkLocal } from "./cdk-local.ts";

const { values } = parseArgs({
	options: {
		assembly: { type: "string", default: "cdk.out" },
		state: { type: "string", default: ".cdk-local" },
		port: { type: "string", default: process.env.PORT ?? "3000" },
		outputs: { type: "string", default: "cdk-local-outputs.json" },
	},
});

const signalled = Promise.withResolvers<void>();
for (const signal of ["SIGTERM", "SIGINT"] as const) {
	process.on(signal, signalled.resolve);
}

try {
	const app = await cdkLocal({
		assembly: values.assembly,
		stateDir: values.state,
		port: Number(values.port),
		outputsFile: values.outputs,
		...(process.env.DATABASE_URL && { databaseUrl: process.env.DATABASE_URL }),
		log: console.error,
	});
	console.log(`ready ${app.url}`);
	await signalled.promise;
	await app.stop();
	process.exit();
} catch (error) {
	console.error(error instanceof Error ? error.message : error);
	process.exit(1);
}
