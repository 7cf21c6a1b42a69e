/** Made by build.mjs of libphonenumber's data: digits in groups, how they are shown, and the areas of which this holds. */
declare module "number-forms" {
  const forms: [digits: string, shown: string, areas: string][];
  export default forms;
}
