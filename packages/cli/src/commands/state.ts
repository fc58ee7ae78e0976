import { ApiProblem } from "../../../client/index.ts";
import { exitCodes, Failure, failureOf } from "../failure.ts";
import type { Output } from "../output.ts";
import { claimsOf, connect, storedSession } from "../session-file.ts";

/** Shows what was used. */
export async function usage(output: Output): Promise<void> {
	const answer = await connect()
		.call<Record<string, unknown>>("GET", "/usage")
		.catch((error: unknown) => {
			if (error instanceof ApiProblem && error.status === 404)
				throw new Failure("This environment does not count usage.");
			throw error;
		});
	output.result(answer, JSON.stringify(answer, null, 2).split("\n"));
}

interface Check {
	name: string;
	ok: boolean;
	detail: string;
}

/** Checks each step between this machine and the person's items, and says at which it ends. */
export async function doctor(output: Output): Promise<void> {
	const checks: Check[] = [];
	const check = async (name: string, run: () => Promise<string> | string) => {
		if (checks.some(({ ok }) => !ok)) return;
		try {
			checks.push({ name, ok: true, detail: await run() });
		} catch (error) {
			checks.push({ name, ok: false, detail: failureOf(error).message });
		}
	};
	await check("session", () => {
		const { email, idToken } = storedSession();
		return email || String(claimsOf(idToken).email ?? "by COLLECTIONS_REFRESH_TOKEN");
	});
	await check("service", async () => {
		const response = await fetch(`${storedSession().apiUrl.replace(/\/$/, "")}/health`);
		const { status, environment, version } = (await response.json()) as Record<string, string>;
		if (!response.ok)
			throw new Failure(`The service is ${status}: its database does not answer.`, exitCodes.unavailable);
		return `${environment}, version ${version}, ${status}`;
	});
	await check("token", async () => {
		const { data } = await connect().api.GET("/me");
		return `accepted for ${(data as { email?: string })?.email ?? "you"}`;
	});
	await check("items", async () => {
		const { total } = await connect().call<{ total: number }>("GET", "/items?limit=1");
		return `${total}`;
	});
	output.result(
		{ checks },
		checks.map(({ name, ok, detail }) => `${ok ? "✓" : "✗"} ${name.padEnd(8)} ${detail}`),
	);
	if (checks.some(({ ok }) => !ok)) process.exitCode = exitCodes.failed;
}
