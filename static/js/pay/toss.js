// Toss Payments V2: key of the shop, key of the buyer, and the argument of requestPayment or requestBillingAuth.
export const isLoaded = () => Boolean(window.TossPayments);
const buyer = ({ clientKey, customerKey }) => window.TossPayments(clientKey).payment({ customerKey });
export const pay = (parameters) => buyer(parameters).requestPayment(parameters.request);
export const keep = (parameters) => buyer(parameters).requestBillingAuth(parameters.request);
