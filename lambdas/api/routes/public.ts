import { z } from "@hono/zod-openapi";
import { AppError } from "#core/errors.ts";
import { log } from "#lambda-kit/log.ts";
import { docsAssets, docsPage, docsPolicy } from "../http/docs-page.ts";
import { addExamples, type Described } from "../http/examples.ts";
import type { RegisterRoutes } from "../http/route-module.ts";
import { json, open } from "../http/routing.ts";
import { tasks } from "../http/tasks.ts";
import { routes } from "./table.ts";

const tags = ["Service"];

const healthBody = z
	.object({
		status: z.enum(["healthy", "unhealthy"]),
		timestamp: z.iso.datetime(),
		environment: z.string(),
		version: z.string(),
		git_sha: z.string(),
		database: z.literal("postgresql"),
	})
	.openapi("Health");

const health = open(routes.health, {
	tags,
	summary: "The health of the system",
	responses: {
		200: json("The system is healthy.", healthBody),
		503: json("The database does not answer.", healthBody),
	},
});

const version = open(routes.version, {
	tags,
	summary: "The deployed version",
	responses: {
		200: json(
			"The version.",
			z.object({
				version: z.string(),
				git_sha: z.string(),
				environment: z.string(),
			}),
		),
	},
});

const openapi = open(routes.openApiDocument, {
	tags,
	summary: "This document",
	responses: {
		200: json("The OpenAPI 3.1 document.", z.record(z.string(), z.unknown())),
	},
});

const docs = open(routes.docs, {
	tags,
	summary: "A page to read and try the API",
	responses: {
		200: {
			description: "The page.",
			content: { "text/html": { schema: z.string() } },
		},
	},
});

const asset = open(routes.docsAsset, {
	tags,
	summary: "A file of the page",
	request: { params: z.object({ asset: z.string() }) },
	responses: {
		200: {
			description: "A script or a style sheet.",
			content: {
				"text/javascript": { schema: z.string() },
				"text/css": { schema: z.string() },
			},
		},
	},
});

/** Serves the routes that need no token. */
export const register: RegisterRoutes = (app, ports, { deployment, wholeApi }) => {
	const { environment, version: semver, gitSha } = deployment;
	const deployed = { version: semver, git_sha: gitSha, environment };

	app.openapi(health, async (c) => {
		const body = {
			timestamp: new Date().toISOString(),
			...deployed,
			database: "postgresql" as const,
		};
		c.header("cache-control", "no-store");
		try {
			await ports.health.check();
			return c.json({ status: "healthy" as const, ...body }, 200);
		} catch (error) {
			log.error("unhealthy", { error, request_id: c.get("requestId") });
			return c.json({ status: "unhealthy" as const, ...body }, 503);
		}
	});

	app.openapi(version, (c) => c.json(deployed, 200));

	app.openapi(openapi, async (c) => {
		const document = (await wholeApi()).getOpenAPI31Document({
			openapi: "3.1.0",
			info: {
				title: "Collections",
				version: semver,
				description:
					"Keeps a person's images and makes them findable. Send a Cognito ID or access token as `Authorization: Bearer`. Errors of the API are problems (RFC 9457); the gateway in front of it answers some itself, with a `message` alone.",
				license: { name: "Apache-2.0", url: "https://www.apache.org/licenses/LICENSE-2.0" },
			},
			servers: [{ url: "/" }],
			tags: tasks,
		}) as unknown as Described & Record<string, unknown>;
		addExamples(document);
		return c.json(document, 200);
	});

	app.openapi(docs, (c) => {
		c.header("content-security-policy", docsPolicy);
		return c.html(docsPage);
	});

	app.openapi(asset, async (c) => {
		const name = c.req.valid("param").asset;
		const file = Object.hasOwn(docsAssets, name) ? docsAssets[name] : undefined;
		if (!file) {
			throw new AppError("route_not_found", "The docs page has no such file.");
		}
		return c.body(await file.read(), 200, {
			"content-type": file.contentType,
			"cache-control": "public, max-age=86400",
		});
	});
};
