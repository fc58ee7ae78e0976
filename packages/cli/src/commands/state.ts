import { ApiProblem, type components } from "../../../client/index.ts";
import { exitCodes, Failure, failureOf } from "../failure.ts";
import { counted, type Output, table } from "../output.ts";
import { claimsOf, connect, storedSession } from "../session-file.ts";

type Usage = components["schemas"]["Usage"];

/** Shows what was used. */
export async function usage(output: Output): Promise<void> {
	const answer = await connect()
		.call<Usage>("GET", "/usage")
		.catch((error: unknown) => {
			if (error instanceof ApiProblem && error.status === 404)
				throw new Failure("This environment does not count usage.");
			throw error;
		});
	output.result(answer, usageLines(answer));
}

function usageLines({ items, bytes, from, to, tier, quotas, days, total }: Usage): string[] {
	const costs = ({ calls, input_tokens, output_tokens, cost_usd }: Usage["total"]) => [
		calls,
		input_tokens,
		output_tokens,
		`$${cost_usd.toFixed(4)}`,
	];
	return [
		`${counted(items, "item")}, ${(bytes / 1e6).toFixed(1)} MB, tier ${tier}`,
		"",
		...(quotas
			? table([
					["quota", "per", "used", "of", "begins anew"],
					...quotas.map(({ use, period, used, limit, resets_at }) => [use, period, used, limit, resets_at]),
				])
			: ["The quotas cannot be looked up now."]),
		"",
		...(days.length === 0
			? [`No model billed anything from ${from} to ${to}.`]
			: table([
					["day", "provider", "model", "calls", "tokens in", "tokens out", "cost"],
					...days.map(({ day, provider, model, ...billed }) => [day, provider, model, ...costs(billed)]),
					["total", "", "", ...costs(total)],
				])),
		...(total.unpriced_calls > 0 ? [`Without the price of ${counted(total.unpriced_calls, "call")}.`] : []),
	];
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
			const failure = failureOf(error);
			checks.push({ name, ok: false, detail: failure.message });
			process.exitCode = failure.exitCode;
		}
	};
	await check("session", () => {
		const { email, idToken } = storedSession();
		return email || String(claimsOf(idToken).email ?? "by COLLECTIONS_REFRESH_TOKEN");
	});
	await check("service", async () => {
		const { apiUrl } = storedSession();
		const response = await fetch(`${apiUrl.replace(/\/$/, "")}/health`);
		const { status, environment, version } = (await response.json().catch(() => {
			throw new Failure(`${apiUrl} answers, but not as this service does: is the address right?`);
		})) as Record<string, string>;
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
}
