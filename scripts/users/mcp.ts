// make mcp: serves a user's items to an agent on stdin and stdout.
import { spawn } from "node:child_process";
import { main } from "#deployment/progress.ts";
import { signedIn } from "./sign-in.ts";

await main(async () => {
	const email = process.env.EMAIL;
	if (!email) throw new Error("EMAIL is missing: run make -s mcp EMAIL=you@example.com");
	const environment = process.env.ENV || "local";
	const { outputs, session } = await signedIn(environment, email);
	const child = spawn(process.execPath, ["packages/cli/collections.mjs", "mcp"], {
		stdio: "inherit",
		env: {
			...process.env,
			COLLECTIONS_REFRESH_TOKEN: session.refreshToken,
			COLLECTIONS_API: outputs.ApiUrl,
			COLLECTIONS_CLIENT_ID: outputs.CliClientId,
			COLLECTIONS_COGNITO: outputs.CognitoEndpoint,
		},
	});
	for (const signal of ["SIGTERM", "SIGHUP"] as const) process.once(signal, () => child.kill(signal));
	process.exitCode = await new Promise<number>((resolve, reject) => {
		child.once("error", reject);
		child.once("exit", (code) => resolve(code ?? 1));
	});
});
