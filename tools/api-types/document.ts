import { createHash } from "node:crypto";
import { fakePorts } from "#fakes/ports.ts";
import { createApi } from "#lambdas/api/app.ts";
import { readEnvironment } from "#lib/read-environment.ts";
import cdk from "../../cdk.json" with { type: "json" };

/** Returns the OpenAPI document of the API, as `GET /openapi.json` answers it. */
export async function apiDocument(): Promise<object> {
	const { limits, verificationCacheMinutes } = readEnvironment(cdk.context.environments, "local");
	const api = createApi({
		ports: fakePorts(),
		authenticate: () => Promise.reject(new Error("The document is public.")),
		limits,
		verificationCacheMinutes,
		deployment: { environment: "local", version: "0", gitSha: "0" },
		origins: [],
		signIn: { issuer: "https://example.com/pool", hostedUrl: null },
	});
	const response = await api.request("/openapi.json");
	return (await response.json()) as object;
}

/** Identifies a document in the first line of the types generated from it. */
export const digestOf = (document: object): string =>
	createHash("sha256").update(JSON.stringify(document)).digest("hex");
