<h1>hello</h1>

