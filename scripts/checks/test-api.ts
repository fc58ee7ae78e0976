// make test-api: runs the system test of the REST API against an environment, which its outputs file names.
import { spawnSync } from "node:child_process";
import { outputs } from "../deploy/outputs-file.ts";
import { operate } from "../environment/target.ts";

await operate(async (target) => {
	await outputs(target);
	const { status } = spawnSync(
		process.execPath,
		["node_modules/vitest/vitest.mjs", "run", ...["--project", "system"], "test/system/upload-to-search.test.ts"],
		{
			stdio: "inherit",
			env: {
				...process.env,
				OUTPUTS: `.aws-outputs-${target.name}.json`,
				...(target.client.credentials && {
					AWS_ACCESS_KEY_ID: target.client.credentials.accessKeyId,
					AWS_SECRET_ACCESS_KEY: target.client.credentials.secretAccessKey,
					AWS_SESSION_TOKEN: target.client.credentials.sessionToken,
				}),
			},
		},
	);
	if (status !== 0) {
		throw new Error(`A test failed in environment ${target.name}, see above.`);
	}
});
