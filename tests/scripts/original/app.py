"""The blog API that this project replaces, in one file.

It is the API of the tutorial "Building Web APIs with Flask: A Beginner's Guide" (Better Stack). It
uses Flask, flask-smorest, marshmallow and SQLAlchemy. `original.py` runs this program and compares
its responses with those of the server.

Run: python app.py

The program creates an empty database in memory, listens on a free port of the loopback interface,
and prints its address.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timezone

from flask import Flask
from flask.views import MethodView
from flask_smorest import Api, Blueprint
from flask_sqlalchemy import SQLAlchemy
from marshmallow import Schema, fields, validate
from sqlalchemy.pool import StaticPool
from werkzeug.serving import WSGIRequestHandler, make_server

HOST = "127.0.0.1"


class Config:
    API_TITLE = "Blog API"
    API_VERSION = "v1"
    OPENAPI_VERSION = "3.0.3"
    OPENAPI_URL_PREFIX = "/api/docs"
    OPENAPI_JSON_PATH = "openapi.json"
    OPENAPI_SWAGGER_UI_PATH = "/swagger"
    OPENAPI_SWAGGER_UI_URL = "https://cdn.jsdelivr.net/npm/swagger-ui-dist/"
    SQLALCHEMY_DATABASE_URI = "sqlite://"
    # All threads share one connection, because each new connection would open another empty
    # database in memory.
    SQLALCHEMY_ENGINE_OPTIONS = {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}


db = SQLAlchemy()


def now() -> datetime:
    """The current time in UTC, without a time zone."""
    return datetime.now(timezone.utc).replace(tzinfo=None)


class Post(db.Model):
    id = db.Column(db.String(36), primary_key=True, default=lambda: str(uuid.uuid4()))
    title = db.Column(db.String(100), nullable=False)
    content = db.Column(db.Text, nullable=False)
    published = db.Column(db.Boolean, nullable=False, default=True)
    created_at = db.Column(db.DateTime, nullable=False, default=now)
    updated_at = db.Column(db.DateTime, nullable=False, default=now, onupdate=now)


class PostSchema(Schema):
    id = fields.String(dump_only=True)
    title = fields.String(required=True, validate=validate.Length(min=3, max=100))
    content = fields.String(required=True, validate=validate.Length(min=10))
    published = fields.Boolean(load_default=True)
    created_at = fields.DateTime(dump_only=True)
    updated_at = fields.DateTime(dump_only=True)


class PostQueryArgs(Schema):
    published = fields.Boolean()


posts = Blueprint("posts", __name__, url_prefix="/api/posts", description="Operations on blog posts")


@posts.route("")
class Posts(MethodView):
    @posts.arguments(PostQueryArgs, location="query")
    @posts.response(200, PostSchema(many=True))
    def get(self, query):
        """List posts"""
        found = db.select(Post).order_by(Post.created_at.desc())
        if "published" in query:
            found = found.filter_by(published=query["published"])
        return db.session.scalars(found)

    @posts.arguments(PostSchema)
    @posts.response(201, PostSchema)
    def post(self, data):
        """Create a post"""
        post = Post(**data)
        db.session.add(post)
        db.session.commit()
        return post


@posts.route("/<post_id>")
class OnePost(MethodView):
    @posts.response(200, PostSchema)
    def get(self, post_id):
        """Get a post"""
        return db.get_or_404(Post, post_id)

    @posts.arguments(PostSchema)
    @posts.response(200, PostSchema)
    def put(self, data, post_id):
        """Replace a post"""
        post = db.get_or_404(Post, post_id)
        for name, value in data.items():
            setattr(post, name, value)
        db.session.commit()
        return post

    @posts.response(204)
    def delete(self, post_id):
        """Delete a post"""
        db.session.delete(db.get_or_404(Post, post_id))
        db.session.commit()


def create_app() -> Flask:
    app = Flask(__name__)
    app.config.from_object(Config)
    db.init_app(app)
    Api(app).register_blueprint(posts)

    @app.get("/")
    def welcome():
        return {"message": "Welcome to the Blog API"}

    with app.app_context():
        db.create_all()
    return app


class Quiet(WSGIRequestHandler):
    def log_request(self, *_: object) -> None:
        pass


if __name__ == "__main__":
    server = make_server(HOST, 0, create_app(), threaded=True, request_handler=Quiet)
    print(f"http://{HOST}:{server.server_port}", flush=True)
    server.serve_forever()
