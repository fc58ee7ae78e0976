import { z } from "zod";
import type { WebSearch } from "#core/ports/index.ts";
import { callProvider, type Provider, type ProviderSettings } from "../provider.ts";
import { providers } from "../providers.ts";

/** Five passages of a page each are enough to answer from. */
const maxPages = 5;
const maxContent = 1_500;

const answer = z.object({
	results: z.array(z.object({ title: z.string(), url: z.string(), content: z.string() })),
});

/** Searches the web by Tavily. */
export function tavilySearch({
	key,
	baseUrl = providers.tavily.baseUrl,
	breaker,
}: Pick<ProviderSettings, "key" | "baseUrl" | "breaker">): WebSearch {
	const provider: Provider = {
		name: "tavily",
		capability: "webSearch",
		key,
		breaker,
		unavailable: "chat_unavailable",
		maxRequestMs: 8_000,
		isUnknownModel: () => false,
	};
	return {
		async isEnabled() {
			return (await key.read()) !== null;
		},
		async search(query, deadline) {
			const { results } = await callProvider(provider, "search", deadline, async (apiKey, signal) => {
				const response = await fetch(`${baseUrl}/search`, {
					method: "POST",
					headers: {
						authorization: `Bearer ${apiKey}`,
						"content-type": "application/json",
					},
					body: JSON.stringify({ query, max_results: maxPages }),
					redirect: "error",
					signal,
				});
				if (!response.ok) {
					throw Object.assign(new Error(`status ${response.status}`), {
						status: response.status,
						headers: response.headers,
					});
				}
				return answer.parse(await response.json());
			});
			return results.slice(0, maxPages).map(({ title, url, content }) => ({
				title: title.slice(0, 300).toWellFormed(),
				url: url.slice(0, 500).toWellFormed(),
				content: content.slice(0, maxContent).toWellFormed(),
			}));
		},
	};
}
