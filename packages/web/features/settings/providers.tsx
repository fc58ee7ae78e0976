import { useQuery } from "@tanstack/react-query";
import { api, bodyOf } from "#web/app/api.ts";
import { useFacets } from "#web/features/library/use-items.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import styles from "./providers.module.css";

const everything = {};

/** The models that have described the person's pictures, and the one that searches compare by. */
export function Providers() {
	const { t, locale } = useLanguage();
	const facets = useFacets(everything);
	const { data: model } = useQuery({
		queryKey: ["search-config"],
		staleTime: Number.POSITIVE_INFINITY,
		queryFn: async ({ signal }) => (await bodyOf(api().GET("/search/config", { signal }))).embedding.model,
	});
	const described = facets.data?.providers ?? [];
	if (!model && described.length === 0) return null;
	return (
		<dl className={styles.list}>
			{described.length > 0 && (
				<div>
					<dt>{t("providers.describe")}</dt>
					<dd>{described.map(({ value, count }) => `${value} (${count.toLocaleString(locale)})`).join(", ")}</dd>
				</div>
			)}
			{model && (
				<div>
					<dt>{t("providers.embed")}</dt>
					<dd>{model}</dd>
				</div>
			)}
		</dl>
	);
}
