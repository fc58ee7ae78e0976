import type { Schemas } from "#web/app/api.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Icon } from "#web/ui/icon.tsx";
import { toast } from "#web/ui/toasts.ts";
import details from "./details.module.css";
import { factText } from "./fact-text.ts";
import styles from "./facts.module.css";

type Fact = Schemas["Fact"];

/** The values that a picture's text states, each of which a press copies. */
export function Facts({ facts }: { facts: readonly Fact[] }) {
	const { t, locale } = useLanguage();
	if (facts.length === 0) return null;
	const copy = (value: string) =>
		navigator.clipboard.writeText(value).then(
			() => toast(t("facts.copied")),
			(error: Error) => toast(error.message, { tone: "danger" }),
		);
	return (
		<section className={details.part}>
			<h3 className={details.title}>{t("facts.title")}</h3>
			<dl className={details.facts}>
				{facts.map(({ kind, value, unit, source_line: line }) => (
					<div key={`${kind} ${value} ${line}`} className={details.fact}>
						<dt>{t(`facts.${kind}`)}</dt>
						<dd className={styles.value} title={line}>
							<span>
								{factText(value, locale)}
								{unit && ` ${unit}`}
							</span>
							<button
								type="button"
								className={styles.copy}
								aria-label={t("facts.copy", { value })}
								onClick={() => copy(value)}
							>
								<Icon name="copies" size={16} />
							</button>
						</dd>
					</div>
				))}
			</dl>
		</section>
	);
}
