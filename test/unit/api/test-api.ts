import { AppError } from "#core/errors.ts";
import type { Limits } from "#core/limits/limits.ts";
import type { Ports } from "#core/ports/index.ts";
import { fakePorts } from "#fakes/ports.ts";
import { createApi } from "#lambdas/api/app.ts";
import type { Authenticate } from "#lambdas/api/http/authenticate.ts";
import type { Stripe } from "#lambdas/api/http/route-module.ts";
import { allRoutes, streamedRoutes } from "#lambdas/api/routes/table.ts";
import { requireDocumented } from "../../support/openapi-schemas.ts";

export const ada = "11111111-1111-4111-8111-111111111111";
export const bob = "22222222-2222-4222-8222-222222222222";

/** Accepts as the token a user id and, behind an `@`, the groups; authenticate.test.ts tests real tokens. */
const anyUser: Authenticate = async (authorization) => {
	const [userId, groups] = authorization?.replace("Bearer ", "").split("@") ?? [];
	if (!userId) throw new AppError("unauthorized", "This call needs a token.");
	return { userId, groups: groups?.split(",") ?? [] };
};

/** More than any test sends. */
export const generousLimits: Limits = {
	requestsPerMinute: { read: 1e5, write: 1e5, upload: 1e5, search: 1e5, expensive: 1e5, share: 1e5 },
	parallelExpensive: 100,
	pendingUploads: 1_000,
	quotas: {
		messages: { day: 1e5, month: 1e5 },
		verifications: { day: 1e5, month: 1e5 },
		uploads: { day: 1e5, month: 1e5 },
	},
	tiers: { free: {}, pro: {}, team: {} },
};

export interface Answer {
	status: number;
	headers: Headers;
	// biome-ignore lint/suspicious/noExplicitAny: each test asserts the fields it needs
	body: any;
}

interface TestRequest {
	query?: Record<string, string>;
	json?: unknown;
	form?: Record<string, string | Blob>;
	raw?: RequestInit;
}

/** Makes the APIs, plain and streamed, on fakes, and a client for each user, which refuses answers that the OpenAPI document does not describe. */
export function testApi({
	ports: replaced = {},
	authenticate = anyUser,
	limits = generousLimits,
	hostedUrl = "https://acme.example.com",
	stripe = { tiers: { price_pro: "pro", prod_team: "team" }, signingSecret: async () => "whsec_of_the_test" },
	maxAnswerMs,
	maxWaitMs = 0,
}: {
	ports?: Partial<Ports>;
	authenticate?: Authenticate;
	limits?: Limits;
	hostedUrl?: string | null;
	stripe?: Stripe | null;
	maxAnswerMs?: number;
	/** Advances the clock instead of waiting: no stage runs beside the API of a test. */
	maxWaitMs?: number;
} = {}) {
	const ports = { ...fakePorts(), ...replaced };
	const app = createApi({
		ports,
		authenticate,
		limits,
		verificationCacheMinutes: 60,
		origins: ["https://app.example.com"],
		signIn: { issuer: "https://pool.example.com/pool", hostedUrl },
		stripe,
		served: [...allRoutes, ...streamedRoutes],
		deployment: { environment: "test", version: "1.2.3", gitSha: "abcdef0" },
		maxAnswerMs,
		maxWaitMs,
	});
	const as =
		(userId: string) =>
		async (method: string, path: string, { query, json, form, raw }: TestRequest = {}): Promise<Answer> => {
			const headers = new Headers({
				authorization: `Bearer ${userId}`,
				accept: "application/json, text/event-stream",
				...(json === undefined ? {} : { "content-type": "application/json" }),
			});
			const parts = new FormData();
			for (const [name, value] of Object.entries(form ?? {})) {
				parts.append(name, value);
			}
			const search = query ? `?${new URLSearchParams(query)}` : "";
			const response = await app.request(path + search, {
				method,
				headers,
				body: form ? parts : json === undefined ? null : JSON.stringify(json),
				...raw,
			});
			const text = await response.text();
			const contentType = response.headers.get("content-type") ?? "";
			const body = contentType.includes("json") ? JSON.parse(text) : text;
			await requireDocumented(method, path, response.status, contentType, body);
			return { status: response.status, headers: response.headers, body };
		};
	return { app, ports, as };
}

const onePixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/** Makes a PNG; each `seed` gives other bytes. */
export function png(name = "shot.png", seed = ""): File {
	return new File([Buffer.from(onePixel, "base64"), seed], name);
}

/** Returns the names of the fields that an answer has, whatever the credentials that sign its URLs. */
export const alwaysGiven = ({ shape }: { shape: object }): string[] =>
	Object.keys(shape).filter((name) => name !== "expires_at");
