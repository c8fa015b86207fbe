// Toss Payments V2: key of the shop, key of the buyer, and the argument of requestPayment.
export const isLoaded = () => Boolean(window.TossPayments);
export const pay = ({ clientKey, customerKey, request }) => window.TossPayments(clientKey).payment({ customerKey }).requestPayment(request);
