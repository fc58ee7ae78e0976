import { parseArgs } from "node:util";
import { startCloud } from "./cloud.ts";

const { values } = parseArgs({
	options: {
		assembly: { type: "string", default: ".local/cdk.out" },
		state: { type: "string", default: ".local" },
		port: { type: "string", default: process.env.PORT ?? "3000" },
		outputs: { type: "string", default: ".aws-outputs-local.json" },
	},
});

const ending = Promise.withResolvers<void>();
for (const signal of ["SIGTERM", "SIGINT"] as const) {
	process.on(signal, ending.resolve);
}

try {
	const cloud = await startCloud({
		assembly: values.assembly,
		stateDir: values.state,
		port: Number(values.port),
		outputsFile: values.outputs,
		...(process.env.DATABASE_URL && { databaseUrl: process.env.DATABASE_URL }),
		log: console.error,
	});
	console.log(`ready ${cloud.url}`);
	await ending.promise;
	await cloud.stop();
	process.exit();
} catch (error) {
	console.error(error instanceof Error ? error.message : error);
	process.exit(1);
}
