/** The part of an OpenAPI document that a collection is made of. */
export interface ApiDocument {
	info: { title: string; description: string };
	tags: { name: string; description: string }[];
	paths: Record<string, Record<string, Operation>>;
}

interface Operation {
	operationId: string;
	summary: string;
	description?: string;
	tags: [string];
	security: unknown[];
	servers?: { url: string }[];
	parameters?: { name?: string; in?: string; description?: string; example?: unknown; schema?: Schema }[];
	requestBody?: { content: Record<string, { example?: unknown; schema: Schema }> };
	responses: Record<string, unknown>;
}

interface Schema {
	enum?: string[];
	default?: unknown;
	properties?: Record<string, { format?: string }>;
}

type Json = Record<string, unknown>;

interface PostmanItem {
	name: string;
	request: { method: string; url: Json; header: Json[]; auth?: Json; body?: Json; description: string };
	event: Json[];
	response: [];
}

interface PostmanFolder {
	name: string;
	description: string;
	item: PostmanItem[];
}

export interface Collection {
	info: Json;
	auth: Json;
	item: (PostmanFolder | PostmanItem)[];
}

/** The variables of an environment. The first five are filled in once; requests fill in the others. */
export const variables = {
	given: ["baseUrl", "streamUrl", "cognitoUrl", "clientId", "email"],
	secret: ["password", "token", "refreshToken"],
	found: [
		"itemId",
		"filename",
		"analysisId",
		"albumId",
		"jobId",
		"requestId",
		"sessionId",
		"oldSessionId",
		"shareId",
		"shareToken",
		"userId",
		"verificationId",
		"webhookId",
	],
} as const;

/** The variables of path parameters: by the path's noun where a parameter is called `id`. */
const ofNoun: Record<string, string> = {
	items: "itemId",
	analyses: "analysisId",
	albums: "albumId",
	jobs: "jobId",
	shares: "shareId",
	verifications: "verificationId",
	webhooks: "webhookId",
};
const ofParameter: Record<string, string> = {
	item_id: "{{itemId}}",
	session_id: "{{sessionId}}",
	request_id: "{{requestId}}",
	filename: "{{filename}}",
	token: "{{shareToken}}",
	name: "holiday",
	asset: "swagger-ui.css",
	sub: "{{userId}}",
};

/** The answers' values that later requests use, as JavaScript of the answer `answer`. */
const found: Record<string, Record<string, string>> = {
	uploadItem: { itemId: "answer.id", filename: "answer.filename" },
	getItem: { analysisId: "answer.latest_analysis?.id" },
	createAlbum: { albumId: "answer.id" },
	chat: { sessionId: "answer.session_id" },
	createShare: { shareId: "answer.id", shareToken: 'answer.url.split("/").pop()' },
	createWebhook: { webhookId: "answer.id" },
	listUsers: { userId: "answer.users?.[0]?.sub" },
	verifyText: { verificationId: "answer.id" },
};

/** Bodies in place of the document's examples, which show every field at once. */
const bodies: Record<string, unknown> = {
	batchItems: { action: "tag", tags: ["holiday"], ids: ["{{itemId}}"] },
	changeAlbum: { name: "Lisbon 2026", cover_item_id: "{{itemId}}" },
	analyzeItem: { force_reanalyze: false },
	findSimilar: { top_k: 5 },
	importAlbums: { albums: [{ id: "{{itemId}}", name: "Lisbon", description: null, smart: null }] },
	renameTag: { name: "holiday" },
	createShare: { item_id: "{{itemId}}", title: "By the sea", expires_at: "2099-01-31T00:00:00Z", allow_download: true },
};

/** Headers beside the content type. */
const headers: Record<string, Json[]> = {
	callMcp: [{ key: "Accept", value: "application/json, text/event-stream" }],
};

/** Uploaded by the request that adds an image, from Postman's working directory: the folder `docs`. */
const samplePicture = "images/library-light.webp";

/** The routes that the predecessor's clients call, with the values that they send: all of them are kept. */
const oldNames: { name: string; operation: string; body?: unknown }[] = [
	{ name: "Search - BM25 (bm25-lc)", operation: "search", body: { query: "library", search_type: "bm25-lc" } },
	{ name: "Search - Vector (vector-lc)", operation: "search", body: { query: "library", search_type: "vector-lc" } },
	{ name: "Search - Hybrid (hybrid-lc)", operation: "search", body: { query: "library", search_type: "hybrid-lc" } },
	{ name: "Search - Agentic", operation: "search", body: { query: "library", search_type: "agentic" } },
	{ name: "Analyze Item", operation: "analyzeItem" },
	{ name: "Get Item Analyses", operation: "listAnalyses" },
	{ name: "Resize Item", operation: "resizeItem" },
	{ name: "Get Image", operation: "getImageUrl" },
	{ name: "Chat", operation: "chat" },
	{ name: "Get Chat History", operation: "getHistory" },
	{ name: "Delete Chat Session", operation: "deleteChat" },
	{ name: "Rebuild Vector Index", operation: "rebuildVectorIndex" },
	{ name: "Get Vector Index Status", operation: "getVectorIndexStatus" },
];

/** The last of what is deleted: before it, what belongs to it. */
const deletedLast = ["deleteItem", "deleteAccount"];

/**
 * Makes a Postman collection (v2.1): a sign-in that keeps its token in the environment, a folder for each task of the
 * document, one for the predecessor's names, and last one that deletes, so that a run from top to bottom needs nothing pasted.
 */
export function postmanCollection(document: ApiDocument): Collection {
	const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
		Object.entries(methods)
			.filter(([, operation]) => operation.operationId)
			.map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
	);
	const isDeleting = ({ method, operation }: (typeof operations)[number]) =>
		method === "DELETE" && !["cancelTurn", "removeAlbumItems"].includes(operation.operationId);
	const rank = ({ operation }: (typeof operations)[number]) => deletedLast.indexOf(operation.operationId);
	const folders = document.tags.map(({ name, description }) => ({
		name,
		description,
		item: operations
			.filter((each) => each.operation.tags[0] === name && !isDeleting(each))
			.map((each) => requestOf(each)),
	}));
	const old = oldNames.map(({ name, operation: id, body }) => {
		const route = operations.find(({ operation }) => operation.operationId === id);
		if (!route) throw new Error(`The document has no operation ${id}: tools/postman/collection.ts names it.`);
		const item = JSON.stringify({ ...requestOf(route, body), name });
		// A chat of its own, which is deleted there.
		return JSON.parse(item.replaceAll("sessionId", "oldSessionId")) as PostmanItem;
	});
	const deleting = operations
		.filter(isDeleting)
		.filter(({ operation }) => operation.operationId !== "deleteChat")
		.sort((a, b) => rank(a) - rank(b));
	return {
		info: {
			name: document.info.title,
			description: `${document.info.description}\n\nFill in the environment once, and send "Sign in": its token is kept in the environment, and every request has it.`,
			schema: "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
		},
		auth: { type: "bearer", bearer: [{ key: "token", value: "{{token}}", type: "string" }] },
		item: [
			signIn,
			...folders.filter(({ item }) => item.length > 0),
			{
				name: "The predecessor's names",
				description: "The routes that clients of collections-local call, with the values that they send.",
				item: old,
			},
			{
				name: "Delete",
				description: "Everything that deletes, the account last.",
				item: deleting.map((each) => requestOf(each)),
			},
		],
	};
}

/** Makes an environment; a value that is not given is empty. */
export function postmanEnvironment(name: string, values: Readonly<Record<string, string>> = {}): Json {
	const entry = (key: string, type: "default" | "secret") => ({ key, value: values[key] ?? "", type, enabled: true });
	return {
		name,
		values: [
			...variables.given.map((key) => entry(key, "default")),
			...variables.secret.map((key) => entry(key, "secret")),
			...variables.found.map((key) => entry(key, "default")),
		],
		_postman_variable_scope: "environment",
	};
}

const script = (lines: string[]) => ({ listen: "test", script: { type: "text/javascript", exec: lines } });

const signIn: PostmanItem = {
	name: "Sign in",
	request: {
		method: "POST",
		auth: { type: "noauth" },
		header: [
			{ key: "Content-Type", value: "application/x-amz-json-1.1" },
			{ key: "X-Amz-Target", value: "AWSCognitoIdentityProviderService.InitiateAuth" },
		],
		url: { raw: "{{cognitoUrl}}/", host: ["{{cognitoUrl}}"], path: [""] },
		body: jsonBody({
			AuthFlow: "USER_PASSWORD_AUTH",
			ClientId: "{{clientId}}",
			AuthParameters: { USERNAME: "{{email}}", PASSWORD: "{{password}}" },
		}),
		description: "Signs in at the user pool by `email` and `password`, and keeps the token in the environment.",
	},
	event: [
		script([
			"const answer = pm.response.json();",
			'pm.test("signs in", () => pm.expect(answer.AuthenticationResult, answer.message ?? answer.ChallengeName).to.be.an("object"));',
			'pm.environment.set("token", answer.AuthenticationResult.IdToken);',
			'pm.environment.set("refreshToken", answer.AuthenticationResult.RefreshToken);',
		]),
	],
	response: [],
};

interface Route {
	method: string;
	path: string;
	operation: Operation;
}

function requestOf({ method, path, operation }: Route, body?: unknown): PostmanItem {
	const parameters = (operation.parameters ?? []).filter((each) => each.name);
	const base = operation.servers?.length ? "{{streamUrl}}" : "{{baseUrl}}";
	const segments = path
		.slice(1)
		.split("/")
		.map((segment, at, all) => segment.replace(/^\{(.+)\}$/, (_, name: string) => segmentOf(name, all[at - 1])));
	const query = parameters
		.filter((each) => each.in === "query")
		.map((each) => ({
			key: each.name,
			value: String(each.example ?? each.schema?.default ?? each.schema?.enum?.[0] ?? ""),
			description: each.description ?? "",
			disabled: true,
		}));
	const content = contentOf(operation, body);
	return {
		name: operation.summary,
		request: {
			method,
			...(operation.security.length === 0 && { auth: { type: "noauth" } }),
			header: [
				...(content?.mode === "raw" ? [{ key: "Content-Type", value: "application/json" }] : []),
				...(headers[operation.operationId] ?? []),
			],
			url: { raw: `${base}/${segments.join("/")}`, host: [base], path: segments, ...(query.length > 0 && { query }) },
			...(content && { body: content }),
			description: operation.description ?? operation.summary,
		},
		event: [script(testOf(operation))],
		response: [],
	};
}

function segmentOf(parameter: string, noun: string | undefined): string {
	const value = parameter === "id" ? noun && ofNoun[noun] && `{{${ofNoun[noun]}}}` : ofParameter[parameter];
	if (!value)
		throw new Error(`The path parameter ${parameter} has no variable: tools/postman/collection.ts names them.`);
	return value;
}

/** Ids of the document's examples are those of items. */
const exampleId = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

function contentOf({ operationId, requestBody }: Operation, body: unknown): Json | undefined {
	const content = requestBody?.content ?? {};
	if ("multipart/form-data" in content) {
		return { mode: "formdata", formdata: [{ key: "file", type: "file", src: samplePicture }] };
	}
	const json = content["application/json"];
	if (!json) return undefined;
	const example = body ?? bodies[operationId] ?? json.example ?? {};
	return jsonBody(JSON.parse(JSON.stringify(example).replaceAll(exampleId, "{{itemId}}")));
}

function jsonBody(value: unknown): Json {
	return { mode: "raw", raw: JSON.stringify(value, null, 2), options: { raw: { language: "json" } } };
}

/** Compares the status with the document, and keeps what later requests need. */
function testOf({ operationId, responses }: Operation): string[] {
	const statuses = Object.keys(responses).map(Number).filter(Number.isInteger);
	const values = Object.entries(found[operationId] ?? {});
	return [
		`pm.test("${operationId} answers as documented", () => pm.expect(pm.response.code).to.be.oneOf(${JSON.stringify(statuses)}));`,
		...(values.length > 0
			? [
					"if (pm.response.code < 300) {",
					"  const answer = pm.response.json();",
					...(operationId === "getItem" ? waiting : []),
					...values.map(([name, value]) => `  pm.environment.set("${name}", ${value} ?? "");`),
					"}",
				]
			: []),
	];
}

/** In a run, an item is asked for again until it is ready: the requests behind need its analysis. */
const waiting = [
	'  if (!["ready", "failed", "deferred"].includes(answer.status)) {',
	"    postman.setNextRequest(pm.info.requestId);",
	"    setTimeout(() => {}, 1000);",
	"  }",
];
