/** Telephone numbers, as people read and write them. */

import forms from "number-forms";

export type NumberQuery = { last4?: string; number?: string } | "unreadable";

/** What was typed into the one field: four digits are the last four, more are a number. */
export function readNumber(text: string): NumberQuery {
  const plain = text.normalize("NFKC").trim();
  if (plain === "") return {};
  const digits = plain.replace(/\D/g, "");
  if (/^[\d\s-]+$/.test(plain) && digits.length === 4) return { last4: digits };
  return digits.length >= 6 && plain.length <= 64 ? { number: plain } : "unreadable";
}

const FORMS = forms.map(([digits, shown, areas]) => ({ form: new RegExp(`^${digits}$`), shown, areas: new RegExp(`^(?:${areas})`) }));

/** As it is dialled in Japan, with the hyphens of its area; others stay E.164. */
export function showNumber(number: string): string {
  if (!/^\+81\d{8,10}$/.test(number)) return number;
  const national = number.slice(3);
  const found = FORMS.find(({ form, areas }) => form.test(national) && areas.test(national));
  return `0${found ? national.replace(found.form, found.shown) : national}`;
}
