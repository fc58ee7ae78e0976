import { useQuery } from "@tanstack/react-query";
import { api, bodyOf } from "#web/app/api.ts";
import { useFacets } from "#web/features/library/use-items.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { firstQuestions, type Known, nextQuestions } from "./suggestions.ts";
import type { ChatMessage } from "./use-chat.ts";

const maxSuggestions = 3;
const latestRead = 5;
const everything = {};

/** Questions about what the person has, none of which this conversation has asked; examples for an empty collection. */
export function useSuggestions(messages: readonly ChatMessage[]): string[] {
	const { t } = useLanguage();
	const facets = useFacets(everything);
	const latest = useQuery({
		queryKey: ["items", "latest"],
		queryFn: async ({ signal }) => {
			const query = { fields: "compact", sort: "created", limit: latestRead } as const;
			const { items } = await bodyOf(api().GET("/items", { params: { query }, signal }));
			return items.flatMap(({ headline }) => headline ?? []);
		},
	});
	if (facets.isPending || latest.isPending) return [];
	const known: Known = {
		tags: facets.data?.tags ?? [],
		categories: facets.data?.categories ?? [],
		headlines: latest.data ?? [],
	};
	const last = messages.at(-1);
	const found = last
		? nextQuestions(
				last.search_results.filter(({ deleted }) => !deleted),
				known,
			)
		: firstQuestions(known);
	const examples = [t("chat.example.1"), t("chat.example.2"), t("chat.example.3")];
	const asked = new Set(messages.map(({ content }) => content));
	return (found.length > 0 ? found.map(({ key, values }) => t(key, values)) : examples)
		.filter((text) => text !== "" && !asked.has(text))
		.slice(0, maxSuggestions);
}
