import { useLanguage } from "#web/i18n/i18n.tsx";
import { Blank } from "#web/ui/notice.tsx";
import page from "../../ui/page.module.css";
import { ItemList } from "./item-list.tsx";
import styles from "./library-page.module.css";

const filters = { status: "trashed" } as const;

export function TrashPage() {
	const { t } = useLanguage();
	return (
		<div className={styles.page}>
			<h1 className={page.title}>{t("nav.trash")}</h1>
			<p className={styles.lead}>{t("trash.lead")}</p>
			<ItemList
				label={t("nav.trash")}
				filters={filters}
				blank={
					<Blank icon="trash" title={t("trash.empty")}>
						{null}
					</Blank>
				}
			/>
		</div>
	);
}
