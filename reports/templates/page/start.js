// Everything is in place: go to where the address points, and say that the page is ready.
addEventListener("hashchange", go);
if (location.hash) go();
document.documentElement.dataset.ready = "true";
