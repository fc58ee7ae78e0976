import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { UploadButton } from "#web/features/upload/upload-button.tsx";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Blank } from "#web/ui/notice.tsx";
import { FilterBar } from "./filter-bar.tsx";
import { isFiltered } from "./item-filters.ts";
import { ItemList } from "./item-list.tsx";
import styles from "./library-page.module.css";
import { useFacets } from "./use-items.ts";

export function LibraryPage() {
	const { t } = useLanguage();
	const navigate = useNavigate();
	const { category, tag, status, favorite } = useSearch({ from: "/app/" });
	const filters = useMemo(() => ({ category, tag, status, favorite }), [category, tag, status, favorite]);
	const all = useFacets(useMemo(() => ({}), []));
	return (
		<div className={styles.page}>
			<h1 className="visually-hidden">{t("nav.library")}</h1>
			<FilterBar
				facets={all.data}
				filters={filters}
				onChange={(part) => navigate({ to: "/", search: (former) => ({ ...former, ...part }) })}
			/>
			<ItemList
				label={t("nav.library")}
				filters={filters}
				blank={
					isFiltered(filters) ? (
						<Blank icon="filter" title={t("library.noneMatch")}>
							<p>{t("library.noneMatch.text")}</p>
						</Blank>
					) : (
						<Blank icon="upload" title={t("library.empty")}>
							<p>{t("library.empty.text")}</p>
							<UploadButton />
						</Blank>
					)
				}
			/>
		</div>
	);
}
