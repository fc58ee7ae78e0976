import { Link } from "@tanstack/react-router";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { buttonClass } from "#web/ui/button.tsx";
import { Blank } from "#web/ui/notice.tsx";

export function NotFound() {
	const { t } = useLanguage();
	return (
		<main>
			<Blank icon="search" title={t("notFound.title")}>
				<p>{t("notFound.text")}</p>
				<Link to="/" className={buttonClass("primary")}>
					{t("notFound.home")}
				</Link>
			</Blank>
		</main>
	);
}
